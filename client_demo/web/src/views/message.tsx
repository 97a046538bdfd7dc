import type { ChatMessage, LogLine, MemberEntry } from "@roomserver/client";
import { Component, type ComponentChildren } from "preact";
import { answer } from "../app/chat";
import { showPerson } from "../app/dialogs";
import { ignoredIds } from "../app/ignored";
import { act, can, log } from "../app/room";
import { badgeOf, canOn } from "../app/roles";
import { isGuest, me } from "../app/session";
import { memberSentence } from "../app/wording";
import { T } from "../testids";
import { Avatar, hueClass } from "./avatar";
import { Icon } from "./icons";

export function Played({ entry }: { entry: Extract<LogLine, { kind: "play" }> }) {
  return (
    <p class="played" data-key={entry.key}>
      <Icon name="disc" /> {entry.dj ?? "House playlist"} plays <strong>{entry.title}</strong>
    </p>
  );
}

export function Skipped({ entry }: { entry: Extract<LogLine, { kind: "skip" }> }) {
  return (
    <p class="played" data-key={entry.key}>
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
    <p class="played" data-key={entry.key} data-testid={T.memberLine}>
      <Icon name="people" /> <button class="inline-name" onClick={() => showPerson(entry.user)}>{entry.user.name}</button> {memberSentence(entry)}
      {entry.reason && <>: <strong>{entry.reason}</strong></>}
    </p>
  );
}

interface MessageProps {
  message: ChatMessage;
  /** Goes on with what the same person said right before. */
  compact?: boolean;
  /** Pointed at, or in focus: what can be done with it is shown. */
  active?: boolean;
}

/** Drawn again only when itself changes: a busy room has hundreds of them. */
export class Message extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    const { message, compact, active } = this.props;
    return message !== next.message || compact !== next.compact || active !== next.active;
  }

  render() {
    return <Said {...this.props} />;
  }
}

function Said({ message, compact = false, active = false }: MessageProps) {
  const { user } = message;
  const toMe = me.value !== null && message.mentions.some((id) => id === me.value?.id || id === "everyone") && !ignoredIds.value.has(user.id);
  const badge = badgeOf(user);
  const at = clockTime(message.at_ms);
  return (
    <article
      class={`message ${message.emote ? "emote" : ""} ${toMe ? "to-me" : ""} ${compact ? "compact" : ""}`}
      tabIndex={-1}
      aria-label={`${user.name}, ${at}`}
      data-key={message.id}
      data-message-id={message.id}
    >
      {compact ? <time class="muted side-time" dateTime={iso(message.at_ms)}>{at}</time> : <Avatar user={user} size="small" />}
      <div class="said">
        {!compact && (
          <p class="byline">
            <button class={`author text-${hueClass(user)}`} tabIndex={-1} onClick={() => showPerson(user)}>{user.name}</button>
            {badge && <span class={`tag role-${badge}`}>{badge}</span>}
            <time class="muted" dateTime={iso(message.at_ms)}>{at}</time>
          </p>
        )}
        {message.reply_to && <Quote id={message.reply_to} />}
        <p class="text">{withLinks(message.text)}</p>
      </div>
      {active && <Tools message={message} />}
    </article>
  );
}

/** What can be done with a message, where it stands. */
function Tools({ message }: { message: ChatMessage }) {
  const { user } = message;
  const own = user.id === me.value?.id;
  const mayDelete = own ? can("DELETE_OWN_MESSAGE") : canOn(user, "DELETE_MESSAGES");
  return (
    <span class="message-tools" role="group" aria-label={`Message of ${user.name}`}>
      {!isGuest.value && (
        <button class="quiet icon-button" aria-label={`Answer ${user.name}`} title="Answer" data-testid={T.messageAnswer} onClick={() => answer(message)}>
          <Icon name="reply" />
        </button>
      )}
      {!own && (
        <button class="quiet icon-button" aria-label={`About ${user.name}`} title={canOn(user, "MUTE") ? "About, mute, ban" : "About"} data-testid={T.messageAbout} onClick={() => showPerson(user)}>
          <Icon name={canOn(user, "MUTE") ? "shield" : "people"} />
        </button>
      )}
      {mayDelete && (
        <button class="quiet icon-button" aria-label={`Delete the message of ${user.name}`} title="Delete" data-testid={T.messageDelete} onClick={() => void act("chat.delete", { id: message.id })}>
          <Icon name="close" />
        </button>
      )}
    </span>
  );
}

/** The message that was answered, as far as it is still there. */
function Quote({ id }: { id: string }) {
  // Read again with the log: text that was deleted must not stay in a quotation.
  const line = log.value.find((other) => other.key === id);
  if (line?.kind !== "message") return <p class="quote muted">An earlier message</p>;
  const { user, text } = line.message;
  if (ignoredIds.value.has(user.id)) return <p class="quote muted">Somebody you ignore</p>;
  return <p class="quote"><strong>{user.name}</strong> {text}</p>;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Made once: a formatter costs more than all that it formats. */
const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

function clockTime(ms: number): string {
  return CLOCK.format(ms);
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
