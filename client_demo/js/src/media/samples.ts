// How a player has kept time lately: what a sync report says.
import type { Backend } from "./backend.ts";

export interface Playback {
  error_ms_p50: number;
  error_ms_p95: number;
  seeks: number;
  stalls: number;
}

/** One sample a second of at most ten minutes. */
const SAMPLES_MAX = 600;
const EVERY_MS = 1000;

export class Samples {
  private errors: number[] = [];
  private next = 0;
  private before = { seeks: 0, stalls: 0 };

  /** Note how a backend stands, once a second. */
  note(backend: Backend, nowMs: number): void {
    if (nowMs < this.next || !backend.playing || backend.errorMs === null) return;
    this.next = nowMs + EVERY_MS;
    this.errors.push(Math.abs(backend.errorMs));
    if (this.errors.length > SAMPLES_MAX) this.errors.shift();
  }

  /** Begin anew: another play is on. */
  restart(): void {
    this.errors = [];
    this.before = { seeks: 0, stalls: 0 };
  }

  /** What happened since the last call, null without a sample. */
  take({ seeks, stalls }: Backend): Playback | null {
    if (this.errors.length === 0) return null;
    const sorted = this.errors.sort((a, b) => a - b);
    const at = (part: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
    const playback = {
      error_ms_p50: at(0.5),
      error_ms_p95: at(0.95),
      seeks: seeks - this.before.seeks,
      stalls: stalls - this.before.stalls,
    };
    this.errors = [];
    this.before = { seeks, stalls };
    return playback;
  }
}
