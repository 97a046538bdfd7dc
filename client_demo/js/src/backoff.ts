// What to do after a close, and when.
import { CLOSE_CODES, CLOSE_VERDICTS, type Verdict } from "./protocol.ts";

const BACK_OFF_FIRST_MS = 500;
const BACK_OFF_MAX_MS = 30_000;
const RECONNECT_JITTER_MS = 300;
/** After this many tries in a row "reconnect at once" is not working and becomes a back-off. */
const PROMPT_TRIES = 3;

/** Return what a client does after a close; the hundreds digit speaks for codes of a later version. */
export function closeVerdict(code: number | null): Verdict {
  if (code === null) return "back_off";
  const known = CLOSE_VERDICTS[code];
  if (known) return known;
  const hundreds = Math.floor(code / 100);
  if (hundreds === 40) return "stop";
  return hundreds === 42 ? "reconnect" : "back_off";
}

/** Banned from the server: its reason says until when and why, for whom it is about. The others' are for developers. */
const BANNED = 4003;

/** Return a sentence for people about a close. */
export function closeMeaning(code: number | null, reason: string): string {
  if (code === BANNED && reason) return reason;
  const known = code === null ? undefined : CLOSE_CODES[code];
  return known?.meaning ?? (reason || "the connection was lost");
}

/**
 * Return the delay before try `attempt` (from 0): full jitter under a doubling ceiling, so that
 * a thousand clients that lost one server do not come back as one wave.
 */
export function retryDelay(verdict: Verdict, attempt: number, random: () => number = Math.random): number {
  if (verdict === "reconnect" && attempt < PROMPT_TRIES) return random() * RECONNECT_JITTER_MS;
  const ceiling = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(attempt, 16));
  return BACK_OFF_FIRST_MS / 2 + random() * (ceiling - BACK_OFF_FIRST_MS / 2);
}
