// What staff did, as sentences, for the chat's system lines and the moderation log; the welcome and the clock's hint. Pure.
import type { LogEntry, MemberEntry } from "@roomserver/client";
import { formatSpan } from "./spans";

const VERBS: Record<string, string> = {
  "member.muted": "muted",
  "member.unmuted": "unmuted",
  "member.kicked": "kicked",
  "member.banned": "banned",
  "member.unbanned": "unbanned",
  "member.waitlist_banned": "banned from the waitlist",
  "member.waitlist_unbanned": "allowed to queue up again",
};
const TIMED = new Set(["member.muted", "member.banned", "member.waitlist_banned"]);
const ENDLESS = new Set(["member.banned", "member.waitlist_banned"]);

/** "muted by mia until 14:05", after the name of whom it concerns. */
export function memberSentence({ event, by, until_ms }: MemberEntry): string {
  return `was ${VERBS[event] ?? event} by ${by.name}${until(event, until_ms)}`;
}

function until(event: string, ms: number | null): string {
  if (ms !== null && TIMED.has(event)) return ` until ${instant(ms)}`;
  return ENDLESS.has(event) ? " for good" : "";
}

/** Facts that the server lists in lower case, as a sentence. */
export function sentence(facts: string): string {
  return `${facts.charAt(0).toUpperCase()}${facts.slice(1)}.`;
}

/** The time of day, with the date when it is another day. */
export function instant(ms: number, now = Date.now()): string {
  const date = new Date(ms);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return date.toDateString() === new Date(now).toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** What happened by the name of its event, with holes for who and whom. */
const LOG_SENTENCES: Record<string, string> = {
  "member.muted": "{by} muted {user}",
  "member.unmuted": "{by} unmuted {user}",
  "member.kicked": "{by} kicked {user}",
  "member.banned": "{by} banned {user}",
  "member.unbanned": "{by} unbanned {user}",
  "member.waitlist_banned": "{by} banned {user} from the waitlist",
  "member.waitlist_unbanned": "{by} let {user} queue up again",
  "chat.deleted": "{by} deleted messages of {user}",
  "room.updated": "{by} changed the room's settings",
  "waitlist.settings": "{by} changed the waitlist's switches",
  "booth.skip": "{by} skipped a play",
  "media.blocked": "{by} blocked a track",
  "media.unblocked": "{by} unblocked a track",
};

const WAITLIST: Record<string, string> = {
  add: "{by} added {user} to the waitlist",
  remove: "{by} removed {user} from the waitlist",
  move: "{by} moved {user} in the waitlist",
  clear: "{by} cleared the waitlist",
};

/** The sentence's pattern, and what of the detail it leaves unsaid. */
function patternOf({ action, detail, user }: LogEntry): [string, string | undefined] {
  if (action === "staff.changed") return [detail === "user" ? "{by} took the role of {user} away" : `{by} made {user} ${detail ?? "staff"}`, undefined];
  if (action === "waitlist.changed" && detail && WAITLIST[detail]) return [WAITLIST[detail], undefined];
  if (action === "chat.deleted" && !user) return [`{by} deleted ${detail === "all" ? "the whole chat" : (detail ?? "messages")}`, undefined];
  return [LOG_SENTENCES[action] ?? `{by}: ${action.replace(/[._]/g, " ")}${user ? " {user}" : ""}`, detail];
}

export function logSentence(entry: LogEntry): string {
  const { action, by, user, until_ms, at_ms } = entry;
  const [pattern, detail] = patternOf(entry);
  const whom = user?.name ?? "";
  let words = pattern.replace("{by}", () => by?.name ?? "The server");
  words = whom ? words.replace("{user}", () => whom) : words.replace(/ (?:of|for)? ?\{user\}/, "");
  if (detail) words += ` (${detail})`;
  if (until_ms !== undefined) words += ` for ${formatSpan(until_ms - at_ms)}`;
  else if (ENDLESS.has(action)) words += " for good";
  return words;
}

/** The room's welcome as one reader sees it: `%u` is their name. */
export function welcomeFor(welcome: string, name: string): string {
  return welcome.replaceAll("%u", () => name);
}

/** Within this nobody hears that two players differ. */
const TOGETHER_MS = 40;
const NEARLY_MS = 250;

/** How this page keeps time with the room, for people; `errorMs` is + for ahead. */
export function syncWords(errorMs: number | null, struggling: boolean): string {
  if (struggling) return "Roughly in sync";
  if (errorMs === null) return "Live";
  const off = Math.abs(errorMs);
  if (off <= TOGETHER_MS) return "In sync";
  return off <= NEARLY_MS ? "Nearly in sync" : "Catching up";
}

/** The same in numbers: "12 ms behind". */
export function syncFigure(errorMs: number | null): string {
  if (errorMs === null) return "not measured yet";
  const off = Math.round(Math.abs(errorMs));
  return off === 0 ? "exact" : `${off} ms ${errorMs > 0 ? "ahead" : "behind"}`;
}

/** How the clock does, "network 23 ms · clock ±4 ms"; empty before it was measured. Rounded up: the error is a bound. */
export function clockHint(rttMs: number | null, maxErrorMs: number | null): string {
  if (rttMs === null || maxErrorMs === null) return "";
  return `network ${Math.ceil(rttMs)} ms · clock ±${Math.ceil(maxErrorMs)} ms`;
}
