// How each way of playing is kept in time: one row per profile. All times are milliseconds of
// error or waiting; rates are parts of the usual speed.
import type { PlayerKind } from "../protocol.ts";

export interface Profile {
  readonly player: PlayerKind;
  /** Errors up to here are left alone ... */
  readonly deadBandMs: number;
  /** ... and once correcting, it goes on down to here: stopping at the edge would start again. */
  readonly settledMs: number;
  /** A correction closes the error in about this time, as fast as the limits below allow. */
  readonly tauMs: number;
  /** The largest change of the rate for small errors, and during the first seconds. */
  readonly gentle: number;
  readonly early: number;
  /** From this error on the rate may change by `firm` ... */
  readonly firmMs: number;
  readonly firm: number;
  /** ... and from this one on the player is sought. */
  readonly seekMs: number;
  /** The smallest change of the rate worth a write: each costs something on some engines. */
  readonly rateStep: number;
  /** After a seek or a start samples mean nothing for so long. */
  readonly settleMs: number;
  /** The least time between two seeks. */
  readonly coolDownMs: number;
  /** How much of what a seek or start was off by is learned each time. */
  readonly gain: number;
}

export const HTML5: Profile = {
  player: "html5",
  // Two that stop at the edges of their bands are twice this apart.
  deadBandMs: 2,
  settledMs: 0.5,
  tauMs: 1000,
  gentle: 0.01,
  early: 0.02,
  firmMs: 60,
  // Between 0.95 and 1.06 Chromium resamples; beyond, its time stretcher adds errors of its own.
  firm: 0.05,
  seekMs: 300,
  rateStep: 0.0015,
  settleMs: 400,
  coolDownMs: 2000,
  gain: 0.5,
};

/** Safari's audio drops out at every change of the rate: only compensated seeks, from 40 ms on. */
export const STEPWISE: Profile = {
  ...HTML5,
  deadBandMs: 40,
  settledMs: 40,
  gentle: 0,
  early: 0,
  firmMs: 40,
  firm: 0,
  seekMs: 40,
  settleMs: 800,
  coolDownMs: 4000,
};

/** The frame reports its position a few times a second and rounds rates to steps of 0.05. */
export const YOUTUBE: Profile = {
  player: "youtube",
  deadBandMs: 120,
  settledMs: 40,
  tauMs: 1000,
  gentle: 0.05,
  early: 0.05,
  firmMs: 120,
  firm: 0.05,
  seekMs: 2000,
  rateStep: 0.05,
  settleMs: 1500,
  coolDownMs: 5000,
  gain: 0.5,
};

/** Where YouTube does not change its rate, it is sought from here on. */
export const YOUTUBE_WITHOUT_RATES: Profile = { ...YOUTUBE, deadBandMs: 400, settledMs: 400, gentle: 0, early: 0, firm: 0, seekMs: 400 };

/** Samples are scheduled, so a start is exact and only drift remains; a jump costs no latency. */
export const WEB_AUDIO: Profile = {
  ...HTML5,
  player: "webaudio",
  deadBandMs: 2,
  settledMs: 0.5,
  seekMs: 80,
  firmMs: 40,
  firm: 0.02,
  rateStep: 0.0005,
  settleMs: 200,
  coolDownMs: 1000,
};

/** The profile for media elements of this browser. */
export function elementProfile(userAgent: string): Profile {
  const isSafari = /safari\//i.test(userAgent) && !/chrom|crios|fxios|edg|opr\/|android/i.test(userAgent);
  return isSafari ? STEPWISE : HTML5;
}
