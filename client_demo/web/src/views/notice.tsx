import { noticeRead } from "../app/prefs";
import { state } from "../app/room";
import { T } from "../testids";

/** Said at the door: what this server records, before anybody says a word. */
export function NoticeBanner() {
  const notice = state.value?.notice;
  if (!notice || noticeRead.value === notice.hash) return null;
  return (
    <aside class="banner notice" data-testid={T.notice} aria-label="Recording notice">
      <p>
        <strong>What is recorded here.</strong> {notice.text}{" "}
        <a href={notice.url} target="_blank" rel="noopener">Privacy notice</a>
      </p>
      <button class="quiet" data-testid={T.noticeDismiss} onClick={() => (noticeRead.value = notice.hash)}>Got it</button>
    </aside>
  );
}
