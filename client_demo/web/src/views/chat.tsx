import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { signIn } from "../app/dialogs";
import { attempt } from "../app/explain";
import { folded, type Hidden } from "../app/hiding";
import { ignoredIds } from "../app/ignored";
import { room, snapshot, state } from "../app/room";
import { isGuest, me } from "../app/session";
import { welcomeFor } from "../app/wording";
import type { LogLine } from "@roomserver/client";
import { T } from "../testids";
import { Composer } from "./composer";
import { HiddenMessages } from "./ignored";
import { NoticeCard } from "./notice";
import { Member, Message, Played, Skipped } from "./message";

/** Within this of the end a reader counts as being at the end. */
const NEAR_END_PX = 60;

export function Chat() {
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [unseen, setUnseen] = useState(0);
  const [older, setOlder] = useState(true);
  const here = state.value;
  const shown = here ? folded(here.log, ignoredIds.value) : [];
  const last = here?.log.at(-1)?.key;
  const heard = shown.at(-1)?.kind !== "hidden";
  const jump = (): void => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
    setUnseen(0);
  };
  // Follow the talk only for those who are at its end: reading back must not be torn away.
  useLayoutEffect(() => {
    if (atEnd.current) jump();
    else if (last !== undefined && heard) setUnseen((count) => count + 1);
  }, [last]);
  useEffect(() => keepEnd(log.current, atEnd), []);
  const scrolled = (): void => {
    const element = log.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (atEnd.current) setUnseen(0);
  };
  return (
    <section class="panel chat" id="panel-chat" aria-label="Chat">
      <NoticeCard />
      <div class="log" ref={log} role="log" aria-live="polite" tabIndex={0} aria-label="Chat messages" data-testid={T.chatLog} onScroll={scrolled}>
        {here && older && here.log.length >= 20 && <Older done={() => setOlder(false)} />}
        {snapshot.value?.room.welcome && <p class="welcome">{welcomeFor(snapshot.value.room.welcome, me.value?.name ?? "you")}</p>}
        {shown.map((entry) => <Line key={entry.key} entry={entry} />)}
        {here?.log.length === 0 && <p class="empty-note">Quiet so far. Say hello.</p>}
      </div>
      {unseen > 0 && (
        <button class="jump" onClick={jump}>{unseen === 1 ? "1 new message" : `${unseen} new messages`} · jump to latest</button>
      )}
      <Foot />
    </section>
  );
}

function Line({ entry }: { entry: LogLine | Hidden }) {
  switch (entry.kind) {
    case "message":
      return <Message message={entry.message} />;
    case "play":
      return <Played entry={entry} />;
    case "skip":
      return <Skipped entry={entry} />;
    case "member":
      return <Member entry={entry} />;
    case "hidden":
      return <HiddenMessages entry={entry} />;
  }
}

function Foot() {
  const here = snapshot.value;
  if (here && isGuest.value && !here.settings.guests_chat) {
    return (
      <p class="composer closed">
        <button onClick={signIn}>Sign in to chat</button>
      </p>
    );
  }
  return <Composer />;
}

function Older({ done }: { done: () => void }) {
  const load = async (): Promise<void> => {
    const here = room.peek();
    if (!here) return;
    await attempt(here.loadOlder().then((more) => (more ? undefined : done())));
  };
  return <button class="quiet older" onClick={() => void load()}>Show earlier messages</button>;
}

/** Stay at the end when the log's box itself changes size (a keyboard opens, a window turns). */
function keepEnd(element: HTMLElement | null, atEnd: { current: boolean }): (() => void) | undefined {
  if (!element) return undefined;
  const observer = new ResizeObserver(() => {
    if (atEnd.current) element.scrollTop = element.scrollHeight;
  });
  observer.observe(element);
  return () => observer.disconnect();
}
