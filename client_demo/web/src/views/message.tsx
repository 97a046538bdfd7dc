import type { ComponentChildren } from "preact";
import { showPerson } from "../app/dialogs";
import { ignoredIds } from "../app/ignored";
import { act, can, state } from "../app/room";
import { canOn } from "../app/roles";
import { me } from "../app/session";
import { memberSentence } from "../app/wording";
import type { ChatMessage, LogLine, MemberEntry, User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar, hueClass } from "./avatar";
import { Icon } from "./icons";

export function Played({ entry }: { entry: Extract<LogLine, { kind: "play" }> }) {
  return (
    <p class="played">
      <Icon name="disc" /> {entry.dj ?? "House playlist"} plays <strong>{entry.title}</strong>
    </p>
  );
}

export function Skipped({ entry }: { entry: Extract<LogLine, { kind: "skip" }> }) {
  return (
    <p class="played">
      <Icon name="skip" /> {skipWords(entry)}{!entry.unplayable && entry.reason && <>: <strong>{entry.reason}</strong></>}
    </p>
  );
}

function skipWords({ by, unplayable }: Extract<LogLine, { kind: "skip" }>): string {
  if (unplayable) return "Skipped: it could not be played";
  return by ? `${by} skipped` : "Skipped";
}

/** What staff did to somebody: a small line with what the event says, and no more. */
export function Member({ entry }: { entry: MemberEntry }) {
  return (
    <p class="played" data-testid={T.memberLine}>
      <Icon name="people" /> <button class="inline-name" onClick={() => showPerson(entry.user)}>{entry.user.name}</button> {memberSentence(entry)}
      {entry.reason && <>: <strong>{entry.reason}</strong></>}
    </p>
  );
}

export function Message({ message }: { message: ChatMessage }) {
  const { user } = message;
  const own = user.id === me.value?.id;
  const toMe = me.value !== null && message.mentions.includes(me.value.id) && !ignoredIds.value.has(user.id);
  const role = roleOf(user.id);
  return (
    <div class={`message ${message.emote ? "emote" : ""} ${toMe ? "to-me" : ""}`} data-message-id={message.id}>
      <Avatar user={user} size="small" />
      <div class="said">
        <p class="byline">
          <button class={`author text-${hueClass(user)}`} onClick={() => showPerson(user)}>{user.name}</button>
          {role && <span class={`tag role-${role}`}>{role}</span>}
          <time class="muted" dateTime={new Date(message.at_ms).toISOString()}>{clockTime(message.at_ms)}</time>
        </p>
        <p class="text">{withLinks(message.text)}</p>
      </div>
      {mayDelete(own, user) && (
        <button class="quiet icon-button delete" aria-label={`Delete the message of ${user.name}`} onClick={() => void act("chat.delete", { id: message.id })}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

function mayDelete(own: boolean, user: User): boolean {
  return own ? can("DELETE_OWN_MESSAGE") : canOn(user, "DELETE_MESSAGES");
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
