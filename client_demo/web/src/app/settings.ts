// The room's settings as a form holds them, and the request that brings the changes. Pure.
import { LIMITS, type RoomUpdateParams, type Rules, type RulesUpdate, type Snapshot } from "@roomserver/client";
import { formatSpan, parseSpan } from "./spans";

export const SPAN_RULES = ["max_duration_ms", "repeat_ms", "afk_ms", "lock_max_ms", "cycle_off_max_ms", "chat_age_ms", "link_age_ms", "dj_age_ms"] as const;
export const COUNT_RULES = ["repeat_plays", "plays_per_turn", "vote_skip_percent", "vote_skip_min"] as const;
export type SpanName = (typeof SPAN_RULES)[number] | "slow_mode_ms";
export type CountName = (typeof COUNT_RULES)[number] | "capacity" | "waitlist_cap";

/** The longest span of each, as the server has it. */
export const SPAN_MAX: Record<SpanName, number> = {
  slow_mode_ms: LIMITS.SLOW_MODE_MAX_MS,
  max_duration_ms: LIMITS.MEDIA_DURATION_MAX_MS,
  repeat_ms: LIMITS.REPEAT_MAX_MS,
  afk_ms: LIMITS.DAY_MS,
  lock_max_ms: LIMITS.DAY_MS,
  cycle_off_max_ms: LIMITS.DAY_MS,
  chat_age_ms: LIMITS.ACCOUNT_AGE_MAX_MS,
  link_age_ms: LIMITS.ACCOUNT_AGE_MAX_MS,
  dj_age_ms: LIMITS.ACCOUNT_AGE_MAX_MS,
};
export const COUNT_RANGE: Record<CountName, [number, number]> = {
  capacity: [1, LIMITS.CAPACITY_MAX],
  waitlist_cap: [1, LIMITS.WAITLIST_CAP_MAX],
  repeat_plays: [0, LIMITS.REPEAT_PLAYS_MAX],
  plays_per_turn: [1, LIMITS.PLAYS_PER_TURN_MAX],
  vote_skip_percent: [0, 100],
  vote_skip_min: [1, 1000],
};
/** What the server takes where a rule is left out. */
const DEFAULTS: Rules = { plays_per_turn: 1, vote_skip_min: 2 };

/** The room leaves it to the server. */
export const POLICY_TTL = -1;
const { HOUR_MS, DAY_MS } = LIMITS;

/** How long chat may be kept, among which a room chooses; what it has now is always among them. */
export function chatTtls(now: number): [ms: number, words: string][] {
  const offered = [POLICY_TTL, 0, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, LIMITS.CHAT_TTL_MAX_MS];
  const all = offered.includes(now) ? offered : [...offered, now].sort((a, b) => a - b);
  return all.map((ms) => [ms, ms === POLICY_TTL ? "As long as the server's policy says" : ms === 0 ? "Not at all" : formatSpan(ms)]);
}

export interface Draft extends Record<SpanName | CountName, string> {
  name: string;
  description: string;
  welcome: string;
  private: boolean;
  guests_chat: boolean;
  /** How long chat is kept: 0 is not at all, -1 as long as the server's policy says. */
  chat_ttl_ms: number;
  password: string;
  /** Take the password away. */
  open: boolean;
  /** The playlist that plays when nobody DJs, empty for none; null keeps the one that is set: the server does not tell which. */
  fallback: string | null;
}

export function draftOf({ room: info, settings }: Snapshot): Draft {
  const rules = settings.rules ?? {};
  const rule = (name: keyof Rules): number => rules[name] ?? DEFAULTS[name] ?? 0;
  const spans = Object.fromEntries(SPAN_RULES.map((name) => [name, formatSpan(rule(name))]));
  const counts = Object.fromEntries(COUNT_RULES.map((name) => [name, String(rule(name))]));
  return {
    ...(spans as Record<(typeof SPAN_RULES)[number], string>),
    ...(counts as Record<(typeof COUNT_RULES)[number], string>),
    slow_mode_ms: formatSpan(settings.slow_mode_ms),
    capacity: String(settings.capacity),
    waitlist_cap: String(settings.waitlist_cap),
    name: info.name,
    description: info.description,
    welcome: info.welcome,
    private: settings.private,
    guests_chat: settings.guests_chat,
    chat_ttl_ms: settings.chat_ttl_ms ?? POLICY_TTL,
    password: "",
    open: false,
    fallback: settings.fallback ? null : "",
  };
}

/** What is wrong with a field, as a sentence; null when it can be sent. */
export function problemOf(draft: Draft, name: SpanName | CountName): string | null {
  if (name in SPAN_MAX) {
    const ms = parseSpan(draft[name]);
    const max = SPAN_MAX[name as SpanName];
    if (ms === null) return "Write it like 10:00, 30 s, 2 h, 3 days or off.";
    return ms > max ? `At most ${formatSpan(max)}.` : null;
  }
  const [min, max] = COUNT_RANGE[name as CountName];
  const count = Number(draft[name]);
  return draft[name].trim() !== "" && Number.isInteger(count) && count >= min && count <= max ? null : `A number from ${min} to ${max}.`;
}

/** The fields that cannot be sent as they are. */
export function problems(draft: Draft): (SpanName | CountName)[] {
  const names = [...Object.keys(SPAN_MAX), ...Object.keys(COUNT_RANGE)] as (SpanName | CountName)[];
  return names.filter((name) => problemOf(draft, name) !== null);
}

/** Send only what was changed: two people at once must not undo each other. */
export function changes(before: Snapshot, draft: Draft): Omit<RoomUpdateParams, "room"> {
  const was = draftOf(before);
  const rules: RulesUpdate = {};
  for (const name of SPAN_RULES) if (differs(was[name], draft[name])) rules[name] = parseSpan(draft[name]) ?? 0;
  for (const name of COUNT_RULES) if (was[name] !== draft[name].trim()) rules[name] = Number(draft[name]);
  return {
    ...(draft.name.trim() !== was.name && { name: draft.name.trim() }),
    ...(draft.description !== was.description && { description: draft.description }),
    ...(draft.welcome !== was.welcome && { welcome: draft.welcome }),
    ...(draft.private !== was.private && { private: draft.private }),
    ...(draft.guests_chat !== was.guests_chat && { guests_chat: draft.guests_chat }),
    ...(draft.chat_ttl_ms !== was.chat_ttl_ms && { chat_ttl_ms: draft.chat_ttl_ms }),
    ...(draft.capacity.trim() !== was.capacity && { capacity: Number(draft.capacity) }),
    ...(draft.waitlist_cap.trim() !== was.waitlist_cap && { waitlist_cap: Number(draft.waitlist_cap) }),
    ...(differs(was.slow_mode_ms, draft.slow_mode_ms) && { slow_mode_ms: parseSpan(draft.slow_mode_ms) ?? 0 }),
    ...((draft.open || draft.password !== "") && { password: draft.open ? "" : draft.password }),
    ...(draft.fallback !== null && draft.fallback !== was.fallback && { fallback: draft.fallback }),
    ...(Object.keys(rules).length > 0 && { rules }),
  };
}

/** "10:00" and "10 min" are the same span. */
function differs(was: string, now: string): boolean {
  return parseSpan(was) !== parseSpan(now);
}
