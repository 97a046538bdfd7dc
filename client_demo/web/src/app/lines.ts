// The chat's lines as they are shown: who goes on talking needs no second name. Pure.
import type { LogLine } from "@roomserver/client";
import type { Hidden } from "./hiding";

export type Shown = LogLine | Hidden;

/** Beyond this a new name stands above the next message, so that its time can be read. */
const GROUP_MS = 3 * 60_000;

/** Say whether a line goes on with what the same person said right before. */
export function continues(before: Shown | undefined, line: Shown): boolean {
  if (before?.kind !== "message" || line.kind !== "message") return false;
  const [one, other] = [before.message, line.message];
  return one.user.id === other.user.id && other.at_ms - one.at_ms < GROUP_MS && !other.reply_to && !other.emote && !one.emote;
}

/** The page shows so many of the last lines, and up to `SHOWN_MAX` before it drops some. */
const SHOWN_KEPT = 200;
const SHOWN_MAX = 300;

/**
 * The index from which lines are shown. It moves in steps: a line less at the top with each new one
 * below moves everything, and all that has to be drawn again. Who reads back (`follows` is false)
 * loses nothing. `from` is the key of the first line that was shown, "" for the very first.
 */
export function shownFrom(lines: readonly Shown[], from: string | null, follows: boolean): number {
  const at = from === "" ? 0 : lines.findIndex(({ key }) => key === from);
  const start = at >= 0 ? at : follows ? Math.max(0, lines.length - SHOWN_KEPT) : 0;
  return follows && lines.length - start > SHOWN_MAX ? lines.length - SHOWN_KEPT : start;
}

/** How many lines came after the one with this key, those of ignored people left out; none when it is gone. */
export function saidSince(lines: readonly Shown[], key: string | undefined): number {
  const at = lines.findIndex((line) => line.key === key);
  return at < 0 ? 0 : lines.slice(at + 1).filter(({ kind }) => kind !== "hidden").length;
}

/** So many lines in so many ms are more than a screen reader can say. */
const FLOOD_LINES = 5;
const FLOOD_MS = 5000;
const SUMMARY_MS = 4000;

/** What a screen reader is told while more is said than can be read out: how much, every few seconds. */
export class Herald {
  private readonly arrivals: number[] = [];
  private untold = 0;
  private toldAt = 0;

  /** New lines came; returns whether there is a flood now. */
  heard(count: number, now: number): boolean {
    for (let i = 0; i < Math.min(count, FLOOD_LINES); i++) this.arrivals.push(now);
    while (this.arrivals.length > FLOOD_LINES) this.arrivals.shift();
    this.untold += count;
    return this.flooded(now);
  }

  flooded(now: number): boolean {
    const oldest = this.arrivals[0];
    return this.arrivals.length === FLOOD_LINES && oldest !== undefined && now - oldest < FLOOD_MS;
  }

  /** The sentence that is due now, or null. Out of a flood the lines speak for themselves. */
  summary(now: number): string | null {
    if (!this.flooded(now)) {
      this.untold = 0;
      return null;
    }
    if (this.untold === 0 || now - this.toldAt < SUMMARY_MS) return null;
    const count = this.untold;
    this.untold = 0;
    this.toldAt = now;
    return count === 1 ? "1 new message" : `${count} new messages`;
  }
}
