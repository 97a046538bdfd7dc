import { useLayoutEffect, useRef } from "preact/hooks";
import { showPerson } from "../app/dialogs";
import { canOn } from "../app/roles";
import { act, can, settings, waitlist } from "../app/room";
import { etas } from "../app/turns";
import { me } from "../app/session";
import type { User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { dropClass, useDrag, type Drag } from "./drag";
import { Icon } from "./icons";

export function Waitlist() {
  const rules = settings.value;
  const waiting = waitlist.value;
  const times = etas(waiting.length);
  return (
    <section class="panel queue" id="panel-queue" aria-labelledby="queue-title">
      <header class="panel-head">
        <h2 id="queue-title">Waitlist</h2>
        <span class="muted">{rules ? `${waiting.length} / ${rules.waitlist_cap}` : ""}</span>
        <Switches />
      </header>
      <Places waiting={waiting} times={times} />
      {rules && waiting.length === 0 && <p class="empty-note">Nobody waits. The next turn could be yours.</p>}
    </section>
  );
}

function Places({ waiting, times }: { waiting: readonly User[]; times: readonly string[] }) {
  const list = useRef<HTMLOListElement>(null);
  const moved = useRef<string | null>(null);
  const last = waiting.length - 1;
  const move = (user: User, position: number): void => {
    if (position < 0 || position > last) return;
    moved.current = user.id;
    void act("waitlist.move", { user: user.id, position });
  };
  // Whoever is dropped behind their old place finds it one further up, because they left it.
  const drag = useDrag((from, to) => {
    const user = waiting[from];
    if (user) move(user, to > from ? to - 1 : to);
  });
  // A row that moves in the page loses the focus; who moves it by keys wants to go on.
  useLayoutEffect(() => {
    const id = moved.current;
    moved.current = null;
    if (id !== null && !list.current?.contains(document.activeElement)) {
      list.current?.querySelector<HTMLElement>(`[data-user="${CSS.escape(id)}"] .handle`)?.focus();
    }
  }, [waiting]);
  return (
    <ol class="people-list" ref={list} data-testid={T.waitlist}>
      {waiting.map((user, index) => (
        <Place key={user.id} user={user} index={index} last={last} time={times[index] ?? ""} drag={drag} move={move} />
      ))}
    </ol>
  );
}

function Switches() {
  const rules = settings.value;
  if (!rules) return null;
  if (!can("LOCK")) return rules.locked ? <span class="tag"><Icon name="lock" /> locked</span> : null;
  return (
    <span class="switches">
      <button
        class="quiet icon-button"
        aria-pressed={rules.locked}
        aria-label="Lock the waitlist"
        title="Lock the waitlist"
        onClick={() => void act("waitlist.lock", { on: !rules.locked })}
      >
        <Icon name="lock" />
      </button>
      <button
        class="quiet icon-button"
        aria-pressed={rules.cycle}
        aria-label="DJs wait again after their turn"
        title="DJs wait again after their turn"
        onClick={() => void act("waitlist.cycle", { on: !rules.cycle })}
      >
        <Icon name="cycle" />
      </button>
    </span>
  );
}

interface PlaceProps {
  user: User;
  index: number;
  last: number;
  time: string;
  drag: Drag;
  move: (user: User, position: number) => void;
}

function Place({ user, index, last, time, drag, move }: PlaceProps) {
  const own = user.id === me.value?.id;
  const mayMove = can("MOVE_IN_WAITLIST");
  const keys = (event: KeyboardEvent): void => {
    if (!mayMove || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    move(user, index + (event.key === "ArrowUp" ? -1 : 1));
  };
  return (
    <li class={`${own ? "own" : ""} ${dropClass(drag, index, index === last)}`} data-index={index} data-user={user.id} onKeyDown={keys}>
      {mayMove ? (
        <button
          class="handle place"
          aria-label={`Move ${user.name}: drag, or Alt and arrow keys`}
          title="Drag, or Alt + arrow keys"
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
          data-testid={T.waitlistHandle}
          {...drag.handle(index)}
        >
          {index + 1}
        </button>
      ) : (
        <span class="place">{index + 1}</span>
      )}
      <Avatar user={user} size="small" />
      <button class="name" onClick={() => showPerson(user)}>{user.name}</button>
      <span class="eta muted" data-testid={T.waitlistEta}><span class="visually-hidden">in about </span>{time}</span>
      <span class="controls">
        {mayMove && (
          <>
            <button class="quiet icon-button" disabled={index === 0} aria-label={`Move ${user.name} up`} onClick={() => move(user, index - 1)}>
              <Icon name="up" />
            </button>
            <button class="quiet icon-button" disabled={index === last} aria-label={`Move ${user.name} down`} onClick={() => move(user, index + 1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        {!own && canOn(user, "REMOVE_FROM_WAITLIST") && (
          <button class="quiet icon-button" aria-label={`Remove ${user.name}`} onClick={() => void act("waitlist.remove", { user: user.id })}>
            <Icon name="close" />
          </button>
        )}
      </span>
    </li>
  );
}
