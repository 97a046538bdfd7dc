import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { register } from "../app/dialogs";
import { End } from "../app/end";
import { attempt } from "../app/explain";
import { folded } from "../app/hiding";
import { ignoredIds } from "../app/ignored";
import { continues, Herald, shownFrom, type Shown } from "../app/lines";
import { readAloud } from "../app/prefs";
import { complete, info, inside, log as lines, room, settings } from "../app/room";
import { isGuest, me } from "../app/session";
import { welcomeFor } from "../app/wording";
import { T } from "../testids";
import { Composer } from "./composer";
import { useFollow } from "./follow";
import { HiddenMessages } from "./ignored";
import { Member, Message, Played, Skipped } from "./message";
import { NoticeCard } from "./notice";

/** So many more lines are shown at a press. */
const EARLIER = 100;

export function Chat() {
  const [, redraw] = useState(0);
  const [active, setActive] = useState<string | null>(null);
  const all = lines.value;
  const end = useMemo(() => new End(), []);
  const from = useRef<string | null>(null);
  const whole = useMemo(() => folded(all, ignoredIds.value), [all, ignoredIds.value]);
  const start = shownFrom(whole, from.current, end.isReached);
  // What was asked for from the very first line on comes a frame after it was asked for.
  if (start > 0 || from.current !== "") from.current = whole[start]?.key ?? null;
  const shown = useMemo(() => (start === 0 ? whole : whole.slice(start)), [whole, start]);
  const last = shown.at(-1);
  const { log, unseen, jump, scrolled } = useFollow(end, shown);
  const { flooded, summary } = useHerald(all.length, last?.key);
  // First what is here already, then what the server still has.
  const earlier = async (): Promise<void> => {
    const here = room.peek();
    if (start === 0 && !(here && (await attempt(here.loadOlder())))) return;
    from.current = start === 0 ? "" : (whole[Math.max(0, start - EARLIER)]?.key ?? null);
    redraw((count) => count + 1);
    // The button goes with the last of them, and must not take the focus along.
    if (start <= EARLIER && here?.state?.complete) log.current?.focus({ preventScroll: true });
  };
  useEffect(() => void room.peek()?.hold(!end.isReached), [all]);
  // Where nobody spoke lately, what was said before is better than nothing; without it the button stays.
  const silent = inside.value && all.length === 0 && !complete.value;
  useEffect(() => void (silent && room.peek()?.loadOlder().catch(() => undefined)), [silent]);
  const reach = (event: Event): void => setActive(keyOf(event.target));
  return (
    <section class="panel chat" id="panel-chat" aria-label="Chat">
      <NoticeCard />
      <div
        class="log"
        ref={log}
        role="log"
        aria-live={flooded || !readAloud.value ? "off" : "polite"}
        tabIndex={0}
        aria-label="Chat messages. Arrow keys walk through them."
        data-testid={T.chatLog}
        onScroll={scrolled}
        onPointerOver={reach}
        onPointerLeave={() => setActive(null)}
        onFocusIn={reach}
        onKeyDown={walk}
      >
        <div class="lines">
          {(start > 0 || !complete.value) && <button class="quiet older" onClick={() => void earlier()}>Show earlier messages</button>}
          <Welcome />
          {shown.map((line, index) => (
            <Line key={line.key} line={line} compact={continues(shown[index - 1], line)} active={active === line.key} />
          ))}
          {inside.value && all.length === 0 && <p class="empty-note">{complete.value ? "Quiet so far." : "Quiet right now."} Say hello.</p>}
        </div>
      </div>
      <p class="visually-hidden" role="status">{readAloud.value && summary}</p>
      {unseen > 0 && (
        <button class="jump" onClick={jump}>{unseen === 1 ? "1 new message" : `${unseen} new messages`} · jump to latest</button>
      )}
      <Foot />
    </section>
  );
}

function Welcome() {
  const welcome = info.value?.welcome;
  return welcome ? <p class="welcome">{welcomeFor(welcome, me.value?.name ?? "you")}</p> : null;
}

interface LineProps {
  line: Shown;
  compact: boolean;
  active: boolean;
}

function Line({ line, compact, active }: LineProps) {
  switch (line.kind) {
    case "message":
      return <Message message={line.message} compact={compact} active={active} />;
    case "play":
      return <Played entry={line} />;
    case "skip":
      return <Skipped entry={line} />;
    case "member":
      return <Member entry={line} />;
    case "hidden":
      return <HiddenMessages entry={line} />;
  }
}

/** In a flood the log is not read out line by line; a status says how much came. */
function useHerald(count: number, last: string | undefined) {
  const herald = useRef(new Herald());
  const seen = useRef<{ count: number; last: string | undefined }>({ count, last });
  const [now, setNow] = useState({ flooded: false, summary: "" });
  const look = (): void => {
    const time = performance.now();
    const flooded = herald.current.flooded(time);
    const summary = herald.current.summary(time);
    setNow((before) => (before.flooded === flooded && summary === null ? before : { flooded, summary: summary ?? (flooded ? before.summary : "") }));
  };
  useEffect(() => {
    if (last === seen.current.last) return;
    // The log is cut at its length: then the count stands still while lines come.
    herald.current.heard(Math.max(1, count - seen.current.count), performance.now());
    seen.current = { count, last };
    look();
  }, [count, last]);
  useEffect(() => {
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function keyOf(target: EventTarget | null): string | null {
  return target instanceof Element ? (target.closest<HTMLElement>("[data-key]")?.dataset.key ?? null) : null;
}

/** From the log the arrow keys go from message to message; Tab then reaches what can be done with it. */
function walk(event: KeyboardEvent): void {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const log = event.currentTarget as HTMLElement;
  const all = [...log.querySelectorAll<HTMLElement>(".message")];
  const at = all.findIndex((message) => message.contains(document.activeElement));
  const next = at < 0 ? all.at(-1) : all[at + (event.key === "ArrowUp" ? -1 : 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Foot() {
  const rules = settings.value;
  if (rules && isGuest.value && !rules.guests_chat) {
    return (
      <p class="composer closed">
        <button onClick={register}>Sign in to chat</button>
      </p>
    );
  }
  return <Composer />;
}
