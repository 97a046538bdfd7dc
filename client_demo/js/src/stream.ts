// A room as a client knows it: the durable snapshot under (epoch, seq), and the latest values
// beside it. Pure functions; `room.ts` holds the value and talks to the server.
import {
  ROLES,
  type ChatMessage,
  type Events,
  type JoinResult,
  type Members,
  type Notice,
  type NoticeChanged,
  type PlayCue,
  type RoleName,
  type RoomMembers,
  type SkipTally,
  type Snapshot,
  type User,
  type VoteTally,
  type WaitlistDurations,
  type You,
} from "./protocol.ts";
import { apply, deletes, freshUser, unmentioned } from "./reducer.ts";

/** What staff did to a member, as far as the room is told. */
export interface MemberEntry {
  kind: "member";
  key: string;
  at_ms: number;
  event: keyof Events & `member.${string}`;
  user: User;
  by: User;
  until_ms: number | null;
  reason: string | null;
}

/** A line of the chat log: what was said, and what happened in between. */
export type LogLine =
  | { kind: "message"; key: string; message: ChatMessage; echo?: true }
  | { kind: "play"; key: string; at_ms: number; dj: string | null; title: string }
  | { kind: "skip"; key: string; at_ms: number; by: string | null; reason: string | null; unplayable: boolean }
  | MemberEntry;

export interface RoomState {
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly snapshot: Snapshot;
  readonly members: Members;
  readonly you: You;
  readonly notice: Notice;
  /** More of the chat than the snapshot carries; deletions reach it too. */
  readonly log: readonly LogLine[];
  /** How many lines the log holds before the oldest goes. */
  readonly keeps: number;
  /** Whether nothing was said before the log's first line: `chat.history` has no more. */
  readonly complete: boolean;
  /** How members voted on the current play, as far as tallies told. */
  readonly cast: Readonly<Record<string, number>>;
  /** How far the vote to skip the current play is; null without one. */
  readonly skip: SkipTally | null;
  /** What plays next, about twelve seconds ahead; null when nothing is announced. */
  readonly cue: PlayCue | null;
  /** Until when what played last sounds, by the server's clock, once nobody is next; null otherwise. */
  readonly stopsAtMs: number | null;
  /** How long the next play of each waiting user takes, in the waitlist's order; null: not known. */
  readonly durations: readonly (number | null)[];
}

export type Outcome = "applied" | "ignored" | "gap";

const LOG_ENTRIES = 400;
/** While somebody reads back. */
const LOG_ENTRIES_HELD = 2000;

/** Enter a room, or go on after a reconnect: missed events are applied, never shown twice. */
export function joined(previous: RoomState | null, result: JoinResult, myId: string): RoomState | null {
  const rest = { members: result.members, you: result.you, notice: result.notice };
  let state: RoomState;
  if (result.recovered) {
    if (!previous || previous.epoch !== result.epoch) return null;
    state = { ...previous, ...rest };
    for (const [, name, event] of result.events ?? []) state = step(state, name, event, myId).state;
    state = { ...state, you: result.you };
  } else {
    if (!result.snapshot) return null;
    const { snapshot, epoch, seq } = result;
    state = { id: snapshot.room.id, epoch, seq, snapshot, ...rest, log: snapshot.chat.map(said), keeps: LOG_ENTRIES, complete: seq === 0, cast: {}, skip: null, cue: null, stopsAtMs: null, durations: [] };
  }
  if (state.seq !== result.seq) return null;
  state = { ...state, skip: result.skip ?? null, cue: result.cue ?? null, durations: result.durations_ms };
  return result.votes ? latest({ ...state, cast: {} }, "vote.tally", result.votes, myId) : state;
}

/** Apply one event of the room, by the rules of its numbering. */
export function step(
  state: RoomState,
  name: string,
  event: object,
  myId: string,
): { state: RoomState; outcome: Outcome } {
  const seq = "seq" in event ? Number(event.seq) : null;
  if (seq === null) {
    const outcome = name === "room.members" ? follows(state.members, event as RoomMembers) : "applied";
    return { state: outcome === "applied" ? latest(state, name, event, myId) : state, outcome };
  }
  if (seq <= state.seq) return { state, outcome: "ignored" };
  if (seq !== state.seq + 1) return { state, outcome: "gap" };
  const snapshot = apply(state.snapshot, name, event);
  const next = alongside({ ...state, seq, snapshot }, name, event);
  return { state: next, outcome: "applied" };
}

function latest(state: RoomState, name: string, event: object, myId: string): RoomState {
  const snapshot = apply(state.snapshot, name, event);
  if (name === "room.members") {
    return { ...state, members: membersAfter(state.members, event as RoomMembers) };
  }
  if (name === "waitlist.durations") return { ...state, durations: (event as WaitlistDurations).durations_ms };
  if (name === "play.cue") return { ...state, cue: (event as PlayCue).media ? (event as PlayCue) : null };
  if (name === "skip.tally") {
    const tally = event as SkipTally;
    return tally.play_id === snapshot.booth.play?.id ? { ...state, skip: tally } : state;
  }
  if (name === "notice.changed") return { ...state, notice: (event as NoticeChanged).notice };
  if (name === "vote.tally") return tallied({ ...state, snapshot }, event as VoteTally, myId);
  return snapshot === state.snapshot ? state : { ...state, snapshot };
}

function tallied(state: RoomState, tally: VoteTally, myId: string): RoomState {
  if (tally.play_id !== state.snapshot.votes.play_id) return state;
  const cast = { ...state.cast, ...Object.fromEntries(tally.changed) };
  const mine = tally.changed.find(([id]) => id === myId);
  return { ...state, cast, you: mine ? { ...state.you, vote: mine[1] } : state.you };
}

/** Versions go up by one; a slow connection may miss some, and only a join brings the whole list again. */
function follows(members: Members, event: RoomMembers): Outcome {
  if (event.version <= members.version) return "ignored";
  return event.version === members.version + 1 || event.complete ? "applied" : "gap";
}

export function membersAfter(members: Members, event: RoomMembers): Members {
  const gone = new Set([...event.left, ...event.joined.map((member) => member.user.id)]);
  const staying = event.complete ? [] : members.members.filter((member) => !gone.has(member.user.id));
  return {
    version: event.version,
    population: event.population,
    guests: event.guests,
    members: [...staying, ...event.joined],
  };
}

/** What an event changes beside the snapshot: the log, the member list, the own vote. */
function alongside(state: RoomState, name: string, event: object): RoomState {
  switch (name) {
    case "chat.message":
      return longer(state, said(event as ChatMessage));
    case "chat.deleted": {
      const deleted = event as Events["chat.deleted"];
      return { ...state, log: state.log.filter((e) => e.kind !== "message" || !deletes(deleted, e.message)) };
    }
    case "play.started": {
      const { play, at_ms } = event as Events["play.started"];
      const { vote: _vote, grabbed: _grabbed, ...you } = state.you;
      const entry = { kind: "play" as const, key: play.id, at_ms, dj: play.dj?.name ?? null, title: play.media.title };
      const after = withSkip(state, event as Events["play.started"]);
      return longer({ ...after, you, cast: {}, skip: null, cue: null, stopsAtMs: null }, entry);
    }
    case "play.stopped": {
      const stopped = event as Events["play.stopped"];
      return { ...withSkip(state, stopped), cast: {}, skip: null, cue: null, stopsAtMs: stopped.stops_at_ms ?? null };
    }
    case "member.muted":
    case "member.unmuted":
    case "member.kicked":
    case "member.banned":
    case "member.unbanned":
    case "member.waitlist_banned":
    case "member.waitlist_unbanned":
      return longer(state, moderated(name, event as Events["member.banned"]));
    case "staff.changed":
      return roleChanged(state, event as Events["staff.changed"]);
    case "user.updated":
      return renamed(state, event as Events["user.updated"]);
    case "user.erased":
      return forgotten(state, (event as Events["user.erased"]).user_id);
    default:
      return state;
  }
}

/** A skip stands in the log, with its reason. */
function withSkip(state: RoomState, { previous, at_ms }: Events["play.started"] | Events["play.stopped"]): RoomState {
  if (previous?.end !== "skipped" && previous?.end !== "unplayable") return state;
  const { play_id, by, reason, end } = previous;
  const entry = { by: by?.name ?? null, reason: reason ?? null, unplayable: end === "unplayable" };
  return longer(state, { kind: "skip", key: `skip-${play_id}`, at_ms, ...entry });
}

function moderated(event: MemberEntry["event"], { seq, at_ms, user, by, until_ms, reason }: Events["member.banned"]): MemberEntry {
  return { kind: "member", key: `member-${seq}`, at_ms, event, user, by, until_ms: until_ms ?? null, reason: reason ?? null };
}

function roleChanged(state: RoomState, { user, role }: Events["staff.changed"]): RoomState {
  const members = state.members.members.map((m) => (m.user.id === user.id ? { ...m, role } : m));
  return { ...state, members: { ...state.members, members } };
}

function renamed(state: RoomState, event: Events["user.updated"]): RoomState {
  const members = state.members.members.map((m) => ({ ...m, user: freshUser(event, m.user) }));
  const fresh = (user: User): User => freshUser(event, user);
  const log = state.log.map((entry): LogLine => {
    if (entry.kind === "message") return { ...entry, message: { ...entry.message, user: fresh(entry.message.user) } };
    return entry.kind === "member" ? { ...entry, user: fresh(entry.user), by: fresh(entry.by) } : entry;
  });
  return { ...state, log, members: { ...state.members, members } };
}

/** Drop everything that leads to an erased user: words, what was done to or by them, their name. */
function forgotten(state: RoomState, id: string): RoomState {
  const users = state.log.flatMap((entry) =>
    entry.kind === "message" ? [entry.message.user] : entry.kind === "member" ? [entry.user, entry.by] : [],
  );
  const known = [...state.members.members.map((member) => member.user), ...users];
  const names = new Set(known.filter((user) => user.id === id).map((user) => user.name));
  const nameless = (name: string | null): string | null => (name !== null && names.has(name) ? null : name);
  const log = state.log.flatMap((entry): LogLine[] => {
    if (entry.kind === "message") return entry.message.user.id === id ? [] : [{ ...entry, message: unmentioned(entry.message, id) }];
    if (entry.kind === "member") return entry.user.id === id || entry.by.id === id ? [] : [entry];
    if (entry.kind === "play") return [{ ...entry, dj: nameless(entry.dj) }];
    return entry.kind === "skip" ? [{ ...entry, by: nameless(entry.by) }] : [entry];
  });
  const members = state.members.members.filter((member) => member.user.id !== id);
  return { ...state, log, members: { ...state.members, members } };
}

/** Show the own message that the room did not get; it has no place in the numbering. */
export function echoed(state: RoomState, message: ChatMessage): RoomState {
  if (state.log.some((entry) => entry.key === message.id)) return state;
  return longer(state, { ...said(message), echo: true });
}

function said(message: ChatMessage): Extract<LogLine, { kind: "message" }> {
  return { kind: "message", key: message.id, message };
}

function longer(state: RoomState, entry: LogLine): RoomState {
  const { log, keeps, complete } = state;
  return { ...state, log: [...log.slice(1 - keeps), entry], complete: complete && log.length < keeps };
}

/** Put older messages (newest first, as `chat.history` answers) in front of the log; `more`: there are others before them. */
export function withHistory(state: RoomState, messages: readonly ChatMessage[], more: boolean): RoomState {
  const known = new Set(state.log.map((entry) => entry.key));
  const older = messages.filter((message) => !known.has(message.id)).reverse();
  const log = [...older.map(said), ...state.log];
  return { ...state, log, complete: !more, keeps: Math.max(state.keeps, log.length + LOG_ENTRIES) };
}

/** Let the log grow for somebody who reads back; afterwards let go of what is more than usual. */
export function held(state: RoomState, on: boolean): RoomState {
  if (on) return state.keeps >= LOG_ENTRIES_HELD ? state : { ...state, keeps: LOG_ENTRIES_HELD };
  if (state.keeps === LOG_ENTRIES) return state;
  const complete = state.complete && state.log.length <= LOG_ENTRIES;
  return { ...state, keeps: LOG_ENTRIES, complete, log: state.log.slice(-LOG_ENTRIES) };
}

/** Say whether staff of one role may act on another: never on an equal or higher one. */
export function outranks(role: RoleName, other: RoleName): boolean {
  return ROLES.indexOf(role) > ROLES.indexOf(other);
}

export function atLeast(role: RoleName, needed: RoleName): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
