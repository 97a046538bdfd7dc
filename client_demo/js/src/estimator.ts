// The clock estimator: the twin of protocol/clock.py, proven by tests/vectors/clock.json.
//
// Of each burst the samples with the shortest round trips are kept, since queueing only adds delay.
// A weighted least-squares line through (local time, offset) models drift, each sample weighted by
// its excess round trip over the path's own. All instants are microseconds.

const KEPT_OF_BURST = 3;
const WINDOW_SAMPLES = 192;
const WINDOW_US = 20 * 60 * 1_000_000;
/** The least error a sample is trusted with: stamping is not better than this. */
const SIGMA_MIN_US = 300;
/** Prior of the drift: crystals are within 5 to 50 ppm. */
const DRIFT_SIGMA = 50e-6;
const DRIFT_MAX = 500e-6;
/** Beyond half the round trip plus this a burst contradicts the line; two in a row mean a step. */
const STEP_US = 20_000;
const STEP_BURSTS = 2;
/** The published clock moves towards the estimate at this rate, up to this distance; beyond it steps. */
const SLEW_RATE = 500e-6;
const SLEW_MAX_US = 10_000;

/** Sent and received by the local clock (t1, t4), read and written by the server's (t2, t3). */
export type Probe = readonly [t1: number, t2: number, t3: number, t4: number];

interface Sample {
  at: number;
  offset: number;
  rtt: number;
}

interface Line {
  at: number;
  offset: number;
  drift: number;
  sd: number;
}

export interface Estimate {
  offset: number;
  drift: number;
  rttMin: number;
  /** Holds for any split of the round trip. */
  maxError: number;
  sd: number;
}

export class ClockEstimator {
  private samples: Sample[] = [];
  private line: Line | null = null;
  private strays = 0;
  private published: { at: number; offset: number } | null = null;

  /** Forget everything: the clocks have no common past any more. */
  reset(): void {
    this.samples = [];
    this.line = null;
    this.strays = 0;
    this.published = null;
  }

  /** Take a burst; probes that go back in time are no probes. */
  add(burst: readonly Probe[]): void {
    const known = burst.map(sampleOf).filter((sample) => sample.rtt >= 0);
    const samples = known.sort((one, other) => one.rtt - other.rtt).slice(0, KEPT_OF_BURST);
    const best = samples[0];
    if (!best) return;
    if (this.isStray(best)) {
      this.strays += 1;
      if (this.strays < STEP_BURSTS) return;
      this.reset();
    }
    this.strays = 0;
    samples.sort((one, other) => one.at - other.at);
    const since = samples[samples.length - 1]!.at - WINDOW_US;
    this.samples = [...this.samples, ...samples].slice(-WINDOW_SAMPLES).filter((sample) => sample.at >= since);
    this.line = fit(this.samples);
  }

  private isStray(sample: Sample): boolean {
    return this.line !== null && Math.abs(sample.offset - along(this.line, sample.at)) > sample.rtt / 2 + STEP_US;
  }

  /** The server's clock at a local instant, null before the first burst; below 10 ms it slews, never jumps. */
  server(local: number): number | null {
    if (!this.line) return null;
    const target = along(this.line, local);
    let offset = target;
    if (this.published && Math.abs(target - this.published.offset) <= SLEW_MAX_US) {
      const most = SLEW_RATE * Math.max(0, local - this.published.at);
      offset = this.published.offset + Math.max(-most, Math.min(most, target - this.published.offset));
    }
    this.published = { at: local, offset };
    return local + offset;
  }

  /** What is known at a local instant, null before the first burst. */
  estimate(local: number): Estimate | null {
    const line = this.line;
    if (!line) return null;
    // Whatever the split of the way, the truth lies in every sample's interval.
    const shifted = this.samples.map((s) => ({ offset: s.offset + line.drift * (local - s.at), half: s.rtt / 2 }));
    const low = Math.max(...shifted.map((s) => s.offset - s.half));
    const high = Math.min(...shifted.map((s) => s.offset + s.half));
    const offset = along(line, local);
    const maxError = Math.max(high - offset, offset - low, 0);
    return { offset, drift: line.drift, rttMin: Math.min(...this.samples.map((s) => s.rtt)), maxError, sd: line.sd };
  }
}

function sampleOf([t1, t2, t3, t4]: Probe): Sample {
  return { at: t4, offset: (t2 - t1 + (t3 - t4)) / 2, rtt: t4 - t1 - (t3 - t2) };
}

function along(line: Line, local: number): number {
  return line.offset + line.drift * (local - line.at);
}

/**
 * The round trip that the path itself takes: shorter than the shortest seen by what few samples with
 * much jitter are likely to miss. Else one lucky probe would be the whole clock.
 */
function pathOf(samples: readonly Sample[]): number {
  const trips = samples.map((sample) => sample.rtt).sort((one, other) => one - other);
  const jitter = trips[(trips.length - 1) >> 1]! - trips[0]!;
  return trips[0]! - jitter / (2 * Math.sqrt(trips.length));
}

/** Fit offset and drift at the last sample's instant, the drift held by its prior. */
function fit(samples: readonly Sample[]): Line {
  const at = samples[samples.length - 1]!.at;
  const path = pathOf(samples);
  let [weight, moment, square, value, cross] = [0, 0, 1 / DRIFT_SIGMA ** 2, 0, 0];
  for (const sample of samples) {
    const w = 1 / Math.max((sample.rtt - path) / 2, SIGMA_MIN_US) ** 2;
    const t = sample.at - at;
    weight += w;
    moment += w * t;
    square += w * t * t;
    value += w * sample.offset;
    cross += w * t * sample.offset;
  }
  const determinant = weight * square - moment * moment;
  const drift = Math.max(-DRIFT_MAX, Math.min(DRIFT_MAX, (weight * cross - moment * value) / determinant));
  return { at, offset: (value - drift * moment) / weight, drift, sd: Math.sqrt(square / determinant) };
}
