// When one's turn comes: what is left of the play, and plays of the usual length before. Pure.
import type { HistoryEntry } from "@roomserver/client";

/** What a play lasts where nothing is known yet. */
export const USUAL_MS = 4 * 60_000;
const SHORTEST_MS = 10_000;

/** The usual length of a play here, of those that were not cut short at once. */
export function usualLength(lengths: readonly number[]): number {
  const whole = lengths.filter((ms) => ms >= SHORTEST_MS);
  return whole.length === 0 ? USUAL_MS : whole.reduce((sum, ms) => sum + ms, 0) / whole.length;
}

export function lengthsOf(plays: readonly HistoryEntry[]): number[] {
  return plays.map((play) => play.ended_at_ms - play.started_at_ms);
}

/**
 * How long each place of the waitlist has to wait, in ms: what is left of the play, and the turns
 * before, whose first plays are known or taken for usual ones.
 */
export function waits(durations: readonly (number | null)[], remainingMs: number, usualMs: number, playsPerTurn = 1): number[] {
  const further = usualMs * (Math.max(1, playsPerTurn) - 1);
  let at = Math.max(0, remainingMs);
  return durations.map((duration) => {
    const wait = at;
    at += (duration ?? usualMs) + further;
    return wait;
  });
}
