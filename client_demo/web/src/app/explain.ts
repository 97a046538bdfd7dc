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
  overloaded: "The server is busy. Try again in a moment.",
  storage_unavailable: "The server could not save that. Nothing was changed.",
};

/** Return a sentence; with a time when the server said how long to wait. */
export function explain(error: unknown): string {
  if (error instanceof ConnectionLost) return "The connection was lost before the answer came.";
  if (!(error instanceof RequestError)) return error instanceof Error ? error.message : "Something went wrong.";
  const wait = error.retry_after_ms === null ? "" : ` Try again in ${roughSpan(error.retry_after_ms)}.`;
  if (error.code === "rate_limited") return `That was a bit fast.${wait}`;
  if (error.code === "slow_mode") return `Slow mode is on here.${wait}`;
  if (error.code === "muted") return `You are muted.${wait}`;
  // Whoever is banned from the server is told until when, and why.
  if (error.code === "banned") return error.facts.scope === "server" ? `You are ${error.message}.` : "You are banned from this room.";
  const known = SENTENCES[error.code];
  if (known) return known + wait;
  return error.message.charAt(0).toUpperCase() + error.message.slice(1) + "." + wait;
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
