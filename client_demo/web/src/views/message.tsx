import type { ComponentChildren } from "preact";
import { dialog } from "../app/dialogs";
import { act, can, state, you } from "../app/room";
import { me } from "../app/session";
import { ROLES, type ChatMessage } from "../protocol";
import type { LogEntry } from "../sdk";
import { Avatar, hueClass } from "./avatar";
import { Icon } from "./icons";

export function Played({ entry }: { entry: Extract<LogEntry, { kind: "play" }> }) {
  return (
    <p class="played">
      <Icon name="disc" /> {entry.dj ?? "House playlist"} plays <strong>{entry.title}</strong>
    </p>
  );
}

export function Skipped({ entry }: { entry: Extract<LogEntry, { kind: "skip" }> }) {
  return (
    <p class="played">
      <Icon name="skip" /> {entry.by} skipped{entry.reason && <>: <strong>{entry.reason}</strong></>}
    </p>
  );
}

export function Message({ message }: { message: ChatMessage }) {
  const { user } = message;
  const own = user.id === me.value?.id;
  const toMe = me.value !== null && message.mentions.includes(me.value.id);
  const role = roleOf(user.id);
  return (
    <div class={`message ${message.emote ? "emote" : ""} ${toMe ? "to-me" : ""}`} data-message-id={message.id}>
      <Avatar user={user} size="small" />
      <div class="said">
        <p class="byline">
          <button class={`author text-${hueClass(user.id)}`} onClick={() => (dialog.value = { kind: "person", user })}>{user.name}</button>
          {role && <span class={`tag role-${role}`}>{role}</span>}
          <time class="muted" dateTime={new Date(message.at_ms).toISOString()}>{clockTime(message.at_ms)}</time>
        </p>
        <p class="text">{withLinks(message.text)}</p>
      </div>
      {mayDelete(own, role) && (
        <button class="quiet icon-button delete" aria-label={`Delete the message of ${user.name}`} onClick={() => void act("chat.delete", { id: message.id })}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

function mayDelete(own: boolean, role: string | undefined): boolean {
  if (own) return can("DELETE_OWN_MESSAGE");
  const mine = you.value?.role ?? "guest";
  const theirs = (role ?? "user") as (typeof ROLES)[number];
  return can("DELETE_MESSAGES") && ROLES.indexOf(mine) > ROLES.indexOf(theirs);
}

function roleOf(id: string): string | undefined {
  return state.value?.snapshot.staff.find((member) => member.user.id === id)?.role;
}

function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/;

/** Links become elements, everything else stays text: what people write is never HTML. */
function withLinks(text: string): ComponentChildren[] {
  return text.split(LINK).map((part, index) =>
    index % 2 === 1 ? (
      <a href={part} target="_blank" rel="noopener noreferrer nofollow ugc">{part}</a>
    ) : (
      part
    ),
  );
}
