// The rule that keeps a player on its timing vector. Pure: instants are arguments.
import type { Profile } from "./profiles.ts";

export type Correction = { kind: "none" } | { kind: "rate"; rate: number } | { kind: "seek" };

const SAMPLES = 5;
/** The first seconds after a start may correct faster: nobody has settled in yet. */
const EARLY_MS = 3000;
/** Who has just arrived this far off is sought once more: a first start can be anything. */
const SECOND_TRY_MS = 80;
/** So many seeks within so many of the shortest waits between them are no corrections any more ... */
const THRASH_SEEKS = 3;
const THRASH_WAITS = 7.5;
const COOL_DOWN_MAX_MS = 30_000;
/** ... and when the cool-down has doubled this often, this device only keeps to the rough place. */
const DOUBLINGS_MAX = 3;
/** So long without a seek, and the device gets another chance. */
const CALM_MS = 60_000;
const STRUGGLING_MS = 250;

/** Decides, sample by sample, how a player returns to its timing vector. */
export class Corrector {
  private readonly errors: number[] = [];
  private correcting = false;
  private seeks: number[] = [];
  private quietUntil = -Infinity;
  private doublings = 0;
  private startedAt: number | null = null;
  private inHurry = false;
  private tried = false;

  constructor(private readonly profile: Profile) {}

  /** The error in ms, + = ahead; the median of the last samples, since single ones jitter. */
  get errorMs(): number | null {
    if (this.errors.length === 0) return null;
    const sorted = [...this.errors].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  /** Seeking again and again has not helped: this device or its connection cannot keep up. */
  get struggling(): boolean {
    return this.doublings >= DOUBLINGS_MAX;
  }

  add(errorMs: number, nowMs: number): Correction {
    this.startedAt ??= nowMs;
    this.errors.push(errorMs);
    if (this.errors.length > SAMPLES) this.errors.shift();
    const error = this.errorMs ?? 0;
    const size = Math.abs(error);
    const { deadBandMs, settledMs, seekMs } = this.profile;
    const isSecondTry = this.inHurry && !this.tried && size > SECOND_TRY_MS && SECOND_TRY_MS < seekMs;
    if (isSecondTry || size > Math.max(seekMs, this.struggling ? STRUGGLING_MS : 0)) return this.seek(nowMs);
    const band = this.correcting ? settledMs : deadBandMs;
    this.correcting = size > (this.struggling ? STRUGGLING_MS : band);
    if (!this.correcting) this.inHurry = false;
    return { kind: "rate", rate: this.correcting ? 1 - this.nudge(error, nowMs) : 1 };
  }

  /**
   * Forget the samples: the player was moved, or another one plays. In a `hurry` the first
   * correction may be a firm one: who has just arrived hears a rate less than the others' echo.
   */
  restart(hurry = false): void {
    this.errors.length = 0;
    this.correcting = false;
    this.startedAt = null;
    this.inHurry = hurry;
    this.tried = false;
  }

  private nudge(error: number, nowMs: number): number {
    const { tauMs, gentle, early, firm, firmMs } = this.profile;
    const isEarly = nowMs - (this.startedAt ?? nowMs) < EARLY_MS;
    const isFirm = Math.abs(error) > firmMs || this.inHurry;
    const most = isFirm ? firm : isEarly ? early : gentle;
    return Math.max(-most, Math.min(most, error / (this.inHurry ? tauMs / 2 : tauMs)));
  }

  private seek(nowMs: number): Correction {
    if (nowMs < this.quietUntil) return { kind: "none" };
    if (nowMs - (this.seeks.at(-1) ?? nowMs) > CALM_MS) this.doublings = 0;
    this.seeks = [...this.seeks, nowMs].slice(-THRASH_SEEKS);
    const first = this.seeks[0] ?? nowMs;
    if (this.seeks.length === THRASH_SEEKS && nowMs - first <= THRASH_WAITS * this.profile.coolDownMs) this.doublings += 1;
    this.quietUntil = nowMs + Math.min(COOL_DOWN_MAX_MS, this.profile.coolDownMs * 2 ** this.doublings);
    this.restart(true);
    this.tried = true;
    return { kind: "seek" };
  }
}
