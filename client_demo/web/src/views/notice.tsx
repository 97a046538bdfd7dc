import { dialog } from "../app/dialogs";
import { inShort } from "../app/kept";
import { noticeRead } from "../app/prefs";
import { acknowledge } from "../app/privacy";
import { notice as noticeHere } from "../app/room";
import { T } from "../testids";

/** Said at the door, where one would begin to talk: what is recorded here. Comes again when it changes. */
export function NoticeCard() {
  const notice = noticeHere.value;
  // The place is kept while the room is on its way, for who has not read any notice yet.
  if (!notice && noticeRead.value === null) return <div class="notice" aria-hidden="true" />;
  if (!notice || noticeRead.value === notice.hash) return null;
  const asked = notice.ack === true;
  const read = (): void => {
    if (asked) void acknowledge(notice.hash);
    else noticeRead.value = notice.hash;
  };
  return (
    <aside class="notice" data-testid={T.notice} aria-label="Recording notice">
      <p>
        <strong>This room records</strong> {inShort(notice.categories)}. It is deleted when its time is over. <a href={notice.url} target="_blank" rel="noopener">Privacy notice</a>
        {asked && " Chat and votes open when you have read it; listening is always free."}
      </p>
      <div class="notice-tools">
        <button class="quiet" onClick={() => (dialog.value = { kind: "privacy" })}>All of it</button>
        <button class={asked ? "primary" : ""} data-testid={T.noticeDismiss} onClick={read}>{asked ? "I have read it" : "Got it"}</button>
      </div>
    </aside>
  );
}
