// When whose turn comes, as words that change with the minutes only.
import { endsAtMs } from "@roomserver/client";
import { waits } from "./eta";
import { usualMs } from "./history";
import { rules, serverNow, state } from "./room";
import { roughSpan } from "./spans";

const SOON = "< 1 min";

/** How long each of so many places has to wait. */
export function etas(places: number): string[] {
  const here = state.value;
  if (!here) return [];
  const { play } = here.snapshot.booth;
  const left = play ? endsAtMs(play) - serverNow.value : 0;
  // The durations come apart from the list: a moment long they may be one too short.
  const durations = Array.from({ length: places }, (_, index) => here.durations[index] ?? null);
  return waits(durations, left, usualMs(), rules.value.plays_per_turn).map((ms) => (ms < 60_000 ? SOON : roughSpan(ms)));
}

/** The same inside a sentence. */
export function inWords(eta: string | undefined): string {
  if (!eta) return "";
  return eta === SOON ? "in less than a minute" : `in about ${eta}`;
}
