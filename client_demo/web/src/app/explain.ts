// Errors as sentences for people.
import { signal } from "@preact/signals";
import { ConnectionLost, RequestError } from "@roomserver/client";
import { roughSpan } from "./spans";

export const toast = signal<string | null>(null);
const PATIENCE = 20;
const LONG_WAIT_MS = 10_000;
let toastTimer: ReturnType<typeof setTimeout> | undefined;

const SENTENCES: Record<string, string> = {
  invalid_credentials: "That name and password do not match.",
  registration_refused: "Registration is not possible.",
  name_taken: "Somebody already has that name.",
  room_exists: "A room with that address already exists.",
  room_full: "This room is full right now.",
  room_archived: "This room lost its host and is closed.",
  wrong_password: "That is not the room's password.",
  waitlist_locked: "The waitlist is locked.",
  waitlist_full: "The waitlist is full.",
  waitlist_banned: "You may not join the waitlist.",
  already_waiting: "Already in the waitlist.",
  no_media: "Your active playlist is empty. Add a track first.",
  not_waiting: "Not in the waitlist any more.",
  too_long: "That track is longer than this room allows.",
  recently_played: "That track was played here a short while ago.",
  blocked_media: "This room does not play that track.",
  not_in_room: "You are not in the room any more.",
  stale_play: "That track is already over.",
  own_play: "You cannot vote on your own track.",
  higher_role: "Staff can only act on lower roles.",
  policy_reaccept_required: "The privacy policy has changed: accept it at the top of the page, then go on.",
  notice_ack_required: "Read what is recorded here first, above the chat.",
  account_frozen: "Your account is frozen. Only your own data can be reached.",
  not_found: "That is not there, or not any more.",
  forbidden: "You may not do that here.",
  conflict: "Something changed meanwhile. Look again.",
  too_many: "That is one too many.",
  bad_params: "The server cannot take that as it is.",
  unauthenticated: "You are not signed in. Reload the page.",
  overloaded: "The server is busy. Try again in a moment.",
  storage_unavailable: "The server could not save that. Nothing was changed.",
};

/** What the rules about an account's age hold back. */
const AGED: Record<string, string> = { chat_age_ms: "chat", link_age_ms: "post links", dj_age_ms: "join the waitlist" };

/** Return a sentence; with a time when the server said how long to wait. */
export function explain(error: unknown): string {
  if (error instanceof ConnectionLost) return "The connection was lost before the answer came.";
  if (!(error instanceof RequestError)) return error instanceof Error ? error.message : "Something went wrong.";
  const { needs, rule, limit } = error.facts;
  const wait = error.retry_after_ms === null ? "" : ` Try again in ${roughSpan(error.retry_after_ms)}.`;
  if (error.code === "rate_limited") return `That was a bit fast.${wait}`;
  if (error.code === "slow_mode") return `Slow mode is on here.${wait}`;
  if (error.code === "muted") return `You are muted.${wait}`;
  // Whoever is banned from the server is told until when, and why.
  if (error.code === "banned") return error.facts.scope === "server" ? `You are ${error.message}.` : "You are banned from this room.";
  if (needs === "user") return "That needs an account: register first.";
  if (typeof rule === "string") return `Your account is too new to ${AGED[rule] ?? "do that"} here.${wait}`;
  if (typeof needs === "string") return `Only a ${needs} or above may do that.`;
  if (typeof limit === "number" && error.code === "too_many") return `There can be no more than ${limit}.${wait}`;
  return (SENTENCES[error.code] ?? "That did not work. Try again later.") + wait;
}

/** The param that a refusal is about, for the field that it came from; a taken name is not said with one. */
export function fieldOf(error: unknown): string | null {
  if (!(error instanceof RequestError)) return null;
  return error.field ?? (error.code === "name_taken" ? "username" : null);
}

/** Ask again for as long as the server only says that it was too fast. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = PATIENCE; ; left--) {
    try {
      return await ask();
    } catch (error) {
      const wait = error instanceof RequestError && error.temporary ? error.retry_after_ms : null;
      if (wait === null || wait > LONG_WAIT_MS || left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait + 20));
    }
  }
}

export function say(text: string, forMs = 6000): void {
  clearTimeout(toastTimer);
  toast.value = text;
  toastTimer = setTimeout(() => {
    toast.value = null;
  }, forMs);
}

/** Wait for a request whose failure is only worth a sentence. Says whether it worked. */
export async function attempt(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    say(explain(error));
    return false;
  }
}
