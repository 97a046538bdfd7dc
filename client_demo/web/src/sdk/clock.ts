// The server's clock as this page sees it. Deliberately simple: the lowest round trip of the
// recent bursts wins. Whoever replaces the estimator keeps `now`, `add` and `reset`.

export interface Probe {
  /** Local instants in ms when the request left and the answer came. */
  sent: number;
  received: number;
  /** The server's instants in ms when it read the request and wrote the answer. */
  read: number;
  written: number;
}

interface Sample {
  offset: number;
  rtt: number;
  at: number;
}

const WINDOW_MS = 5 * 60_000;
const WINDOW_SAMPLES = 32;

/** Milliseconds since the Unix epoch that never step: the wall clock at load plus a steady counter. */
export function localNow(): number {
  return performance.timeOrigin + performance.now();
}

export class ServerClock {
  private samples: Sample[] = [];
  private best: Sample | null = null;
  private id = "";

  constructor(private readonly local: () => number = localNow) {}

  /** The server's time in ms. */
  now(): number {
    return this.local() + (this.best?.offset ?? 0);
  }

  /** The round trip of the sample in use, or null before the first. */
  get rttMs(): number | null {
    return this.best && Number.isFinite(this.best.rtt) ? this.best.rtt : null;
  }

  /** Take the coarse time of `hello`; a changed id means that the server's clock restarted. */
  hello(clockId: string, serverTimeMs: number): void {
    if (clockId === this.id) return;
    this.id = clockId;
    this.samples = [];
    this.best = { offset: serverTimeMs - this.local(), rtt: Infinity, at: this.local() };
  }

  /** Forget what was measured before a suspend or a jump of the local clock. */
  reset(): void {
    this.samples = [];
  }

  /** Take the probes of one burst. */
  add(probes: readonly Probe[]): void {
    const now = this.local();
    for (const { sent, received, read, written } of probes) {
      const rtt = received - sent - (written - read);
      if (rtt >= 0) this.samples.push({ offset: (read - sent + (written - received)) / 2, rtt, at: now });
    }
    this.samples = this.samples.filter((sample) => now - sample.at < WINDOW_MS).slice(-WINDOW_SAMPLES);
    const best = this.samples.reduce<Sample | null>((low, s) => (low && low.rtt <= s.rtt ? low : s), null);
    if (best) this.best = best;
  }
}
