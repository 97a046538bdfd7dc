import { act, can, myPlace, snapshot } from "../app/room";
import { dialog } from "../app/dialogs";
import { me } from "../app/session";
import type { User } from "../protocol";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

export function Waitlist() {
  const here = snapshot.value;
  const waiting = here?.waitlist ?? [];
  return (
    <section class="panel queue" id="panel-queue" aria-labelledby="queue-title">
      <header class="panel-head">
        <h2 id="queue-title">Waitlist</h2>
        <span class="muted">{here ? `${waiting.length} / ${here.settings.waitlist_cap}` : ""}</span>
        <Switches />
      </header>
      {myPlace.value >= 0 && (
        <p class="own-place" role="status">{myPlace.value === 0 ? "You are next." : `You are number ${myPlace.value + 1}.`}</p>
      )}
      <ol class="people-list" data-testid={T.waitlist}>
        {waiting.map((user, index) => <Place key={user.id} user={user} index={index} last={waiting.length - 1} />)}
      </ol>
      {here && waiting.length === 0 && <p class="empty-note">Nobody waits. The next turn could be yours.</p>}
    </section>
  );
}

function Switches() {
  const settings = snapshot.value?.settings;
  if (!settings) return null;
  if (!can("LOCK")) return settings.locked ? <span class="tag"><Icon name="lock" /> locked</span> : null;
  return (
    <span class="switches">
      <button
        class="quiet icon-button"
        aria-pressed={settings.locked}
        aria-label="Lock the waitlist"
        title="Lock the waitlist"
        onClick={() => void act("waitlist.lock", { on: !settings.locked })}
      >
        <Icon name="lock" />
      </button>
      <button
        class="quiet icon-button"
        aria-pressed={settings.cycle}
        aria-label="DJs wait again after their turn"
        title="DJs wait again after their turn"
        onClick={() => void act("waitlist.cycle", { on: !settings.cycle })}
      >
        <Icon name="cycle" />
      </button>
    </span>
  );
}

function Place({ user, index, last }: { user: User; index: number; last: number }) {
  const move = (position: number): void => void act("waitlist.move", { user: user.id, position });
  return (
    <li class={user.id === me.value?.id ? "own" : ""}>
      <span class="place">{index + 1}</span>
      <Avatar user={user} size="small" />
      <button class="name" onClick={() => (dialog.value = { kind: "person", user })}>{user.name}</button>
      <span class="controls">
        {can("MOVE_IN_WAITLIST") && (
          <>
            <button class="quiet icon-button" disabled={index === 0} aria-label={`Move ${user.name} up`} onClick={() => move(index - 1)}>
              <Icon name="up" />
            </button>
            <button class="quiet icon-button" disabled={index === last} aria-label={`Move ${user.name} down`} onClick={() => move(index + 1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        {can("REMOVE_FROM_WAITLIST") && user.id !== me.value?.id && (
          <button class="quiet icon-button" aria-label={`Remove ${user.name}`} onClick={() => void act("waitlist.remove", { user: user.id })}>
            <Icon name="close" />
          </button>
        )}
      </span>
    </li>
  );
}
