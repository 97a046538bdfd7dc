// The timing vector, and the rule that keeps a player on it. Pure.
import type { Play } from "../protocol.ts";

/** The media position in ms at a server instant; before the start it is the start position. */
export function positionMs(play: Play, serverMs: number): number {
  const elapsed = Math.max(0, serverMs - play.started_at_ms);
  return Math.min(play.position_ms + play.velocity * elapsed, play.position_ms + play.duration_ms);
}

export function endsAtMs(play: Play): number {
  return play.started_at_ms + play.duration_ms;
}

export type Correction = { kind: "none" } | { kind: "rate"; rate: number } | { kind: "seek" };

const DEAD_BAND_MS = 10;
/** Once correcting, go on to here: stopping at the dead band's edge would start again at once. */
const SETTLED_MS = 2;
const SEEK_MS = 300;
const RATE_MIN = 0.01;
/** Beyond this Chromium leaves its resampler for a time stretcher, and errors grow. */
const RATE_MAX = 0.05;
const COOL_DOWN_MS = 2000;
const SAMPLES = 5;

/** Decides, sample by sample, how a player returns to its timing vector. */
export class Corrector {
  private readonly errors: number[] = [];
  private correcting = false;
  private quietUntil = 0;

  /** The error in ms, + = ahead; the median of the last samples, since single ones jitter. */
  get errorMs(): number | null {
    if (this.errors.length === 0) return null;
    const sorted = [...this.errors].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  add(errorMs: number, nowMs: number): Correction {
    this.errors.push(errorMs);
    if (this.errors.length > SAMPLES) this.errors.shift();
    const error = this.errorMs ?? 0;
    const size = Math.abs(error);
    if (size > SEEK_MS) {
      if (nowMs < this.quietUntil) return { kind: "none" };
      this.quietUntil = nowMs + COOL_DOWN_MS;
      this.restart();
      return { kind: "seek" };
    }
    this.correcting = size > (this.correcting ? SETTLED_MS : DEAD_BAND_MS);
    if (!this.correcting) return { kind: "rate", rate: 1 };
    const nudge = Math.min(RATE_MAX, Math.max(RATE_MIN, size / 1000));
    return { kind: "rate", rate: 1 - Math.sign(error) * nudge };
  }

  /** Forget the samples: the player was moved, or another one plays. */
  restart(): void {
    this.errors.length = 0;
    this.correcting = false;
  }
}
