import { useState } from "preact/hooks";
import { noticeRead } from "../app/prefs";
import { notice as noticeHere } from "../app/room";
import { T } from "../testids";

/** Said at the door, where one would begin to talk: what this server records. */
export function NoticeCard() {
  const [whole, setWhole] = useState(false);
  const notice = noticeHere.value;
  if (!notice || noticeRead.value === notice.hash) return null;
  return (
    <aside class={`notice ${whole ? "whole" : ""}`} data-testid={T.notice} aria-label="Recording notice">
      <p>
        <strong>What is recorded here.</strong> {notice.text}{" "}
        <a href={notice.url} target="_blank" rel="noopener">Privacy notice</a>
      </p>
      <div class="notice-tools">
        <button class="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? "Less" : "Read all"}</button>
        <button data-testid={T.noticeDismiss} onClick={() => (noticeRead.value = notice.hash)}>Got it</button>
      </div>
    </aside>
  );
}
