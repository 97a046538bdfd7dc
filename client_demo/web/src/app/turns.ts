// When whose turn comes, as words that change with the minutes only.
import { endsAtMs } from "@roomserver/client";
import { waits } from "./eta";
import { usualMs } from "./history";
import { booth, durations, inside, rules, serverNow } from "./room";
import { roughSpan } from "./spans";

const SOON = "< 1 min";

/** How long each of so many places has to wait. */
export function etas(places: number): string[] {
  if (!inside.value) return [];
  const play = booth.value?.play;
  const left = play ? endsAtMs(play) - serverNow.value : 0;
  // The durations come apart from the list: a moment long they may be one too short.
  const turns = Array.from({ length: places }, (_, index) => durations.value[index] ?? null);
  return waits(turns, left, usualMs(), rules.value.plays_per_turn).map((ms) => (ms < 60_000 ? SOON : roughSpan(ms)));
}

/** The same inside a sentence. */
export function inWords(eta: string | undefined): string {
  if (!eta) return "";
  return eta === SOON ? "in less than a minute" : `in about ${eta}`;
}
