// The snapshot reducer, twin of protocol/reducer.py: snapshot@k plus events k+1..n equals
// snapshot@n. Pure; the caller applies events in order, exactly once.
import {
  LIMITS,
  type ChatDeleted,
  type ChatMessage,
  type Events,
  type RoomUpdated,
  type Snapshot,
  type User,
  type UserUpdated,
} from "./protocol.ts";

type Step<E> = (snapshot: Snapshot, event: E) => Snapshot;
type Steps = { [Name in keyof Events]?: Step<Events[Name]> };

export const NO_VOTES = { play_id: null, woots: 0, mehs: 0, grabs: 0 };

const STEPS: Steps = {
  "play.started": (snapshot, { play, waitlist }) => ({
    ...snapshot,
    booth: { dj: play.dj, play, leave_after_play: false },
    waitlist,
    votes: { play_id: play.id, woots: 0, mehs: 0, grabs: 0 },
  }),
  "play.stopped": (snapshot, { waitlist }) => ({
    ...snapshot,
    booth: { dj: null, play: null, leave_after_play: false },
    waitlist,
    votes: NO_VOTES,
  }),
  "play.moved": (snapshot, { play }) => ({ ...snapshot, booth: { ...snapshot.booth, play } }),
  "booth.leaving": (snapshot, { after_play }) => ({
    ...snapshot,
    booth: { ...snapshot.booth, leave_after_play: after_play },
  }),
  "waitlist.changed": (snapshot, { waitlist }) => ({ ...snapshot, waitlist }),
  "waitlist.settings": (snapshot, { locked, cycle }) => ({
    ...snapshot,
    settings: { ...snapshot.settings, locked, cycle },
  }),
  "chat.message": (snapshot, event) => ({ ...snapshot, chat: trimChat([...snapshot.chat, event]) }),
  "chat.deleted": (snapshot, event) => ({
    ...snapshot,
    chat: snapshot.chat.filter((message) => !deletes(event, message)),
  }),
  "room.updated": roomUpdated,
  "staff.changed": (snapshot, { user, role }) => {
    const others = snapshot.staff.filter((member) => member.user.id !== user.id);
    return { ...snapshot, staff: role === "user" ? others : [...others, { user, role }] };
  },
  "user.updated": userUpdated,
  "user.erased": (snapshot, { user_id }) => ({
    // Booth and waitlist say so by events of their own, which come first.
    ...snapshot,
    chat: snapshot.chat.filter((message) => message.user.id !== user_id).map((message) => unmentioned(message, user_id)),
    staff: snapshot.staff.filter((member) => member.user.id !== user_id),
  }),
  "vote.tally": (snapshot, { play_id, woots, mehs, grabs }) =>
    // A tally is latest-value: one for an older play may arrive late and is void.
    play_id === snapshot.votes.play_id ? { ...snapshot, votes: { play_id, woots, mehs, grabs } } : snapshot,
};

const MENTION = new RegExp(`@([\\p{L}\\p{N}_.-]{2,${LIMITS.NAME_CHARS}})`, "gu");
const GROUPS = /^(djs|staff|everyone)$/i;

/** Take an erased person out of what others said: twin of `without` in protocol/mentions.py. */
export function unmentioned(message: ChatMessage, id: string): ChatMessage {
  if (!message.mentions.includes(id)) return message;
  const text = message.text.replace(MENTION, (whole, word: string) => {
    const bare = word.replace(/[.-]+$/, "");
    return GROUPS.test(bare) ? whole : `@deleted${word.slice(bare.length)}`;
  });
  return { ...message, text, mentions: message.mentions.filter((one) => one !== id) };
}

/** Return the snapshot after an event. Events without an effect on it return it unchanged. */
export function apply(snapshot: Snapshot, name: string, event: object): Snapshot {
  const step = Object.hasOwn(STEPS, name) ? (STEPS[name as keyof Events] as Step<object>) : undefined;
  return step ? step(snapshot, event) : snapshot;
}

export function trimChat(chat: ChatMessage[]): ChatMessage[] {
  return chat.slice(-LIMITS.CHAT_REPLAY_MESSAGES);
}

/** Say whether a deletion covers a message that came before it. */
export function deletes(event: ChatDeleted, message: ChatMessage): boolean {
  return event.all === true || message.user.id === event.user || (event.ids ?? []).includes(message.id);
}

/** Return the user with fresh public fields when the event is about them. */
export function freshUser(event: UserUpdated, user: User): User {
  return user.id === event.user.id ? event.user : user;
}

function roomUpdated(snapshot: Snapshot, event: RoomUpdated): Snapshot {
  const changed = <K extends keyof RoomUpdated>(...fields: K[]): Partial<Pick<RoomUpdated, K>> =>
    Object.fromEntries(fields.filter((field) => event[field] != null).map((field) => [field, event[field]])) as Partial<
      Pick<RoomUpdated, K>
    >;
  const texts = changed("name", "description", "welcome");
  const rules = changed("private", "password", "capacity", "waitlist_cap", "slow_mode_ms", "guests_chat", "rules", "fallback", "chat_ttl_ms");
  return {
    ...snapshot,
    room: { ...snapshot.room, ...texts } as Snapshot["room"],
    settings: { ...snapshot.settings, ...rules } as Snapshot["settings"],
  };
}

function userUpdated(snapshot: Snapshot, event: UserUpdated): Snapshot {
  const fresh = <T extends { user: User }>(entry: T): T => ({ ...entry, user: freshUser(event, entry.user) });
  let { booth } = snapshot;
  if (booth.dj) {
    const dj = freshUser(event, booth.dj);
    booth = { ...booth, dj, play: booth.play && { ...booth.play, dj } };
  }
  return {
    ...snapshot,
    booth,
    waitlist: snapshot.waitlist.map((user) => freshUser(event, user)),
    chat: snapshot.chat.map(fresh),
    staff: snapshot.staff.map(fresh),
  };
}
