// The server's clock as this page sees it, in milliseconds.
import { ClockEstimator, type Probe as MicroProbe } from "./estimator.ts";

export interface Probe {
  /** Local instants in ms when the request left and the answer came. */
  sent: number;
  received: number;
  /** The server's instants in ms when it read the request and wrote the answer. */
  read: number;
  written: number;
}

/** Milliseconds since the Unix epoch that never step: the wall clock at load plus a steady counter. */
export function localNow(): number {
  return performance.timeOrigin + performance.now();
}

export class ServerClock {
  private readonly estimator = new ClockEstimator();
  private coarse = 0;
  private id = "";

  /** `local` is a steady clock in ms. */
  constructor(readonly local: () => number = localNow) {}

  /** The server's time in ms. */
  now(): number {
    const local = this.local();
    const server = this.estimator.server(local * 1000);
    return server === null ? local + this.coarse : server / 1000;
  }

  /** The shortest round trip of the window, or null before the first burst. */
  get rttMs(): number | null {
    const estimate = this.estimator.estimate(this.local() * 1000);
    return estimate && estimate.rttMin / 1000;
  }

  /** The most the clock can be off, whatever the path, or null before the first burst. */
  get maxErrorMs(): number | null {
    const estimate = this.estimator.estimate(this.local() * 1000);
    return estimate && estimate.maxError / 1000;
  }

  /** Take the coarse time of `hello`; a changed id means that the server's clock restarted. */
  hello(clockId: string, serverTimeMs: number): void {
    if (clockId === this.id) return;
    this.id = clockId;
    this.estimator.reset();
    this.coarse = serverTimeMs - this.local();
  }

  /** Forget what was measured before a suspend or a jump of the local clock. */
  reset(): void {
    this.coarse = this.now() - this.local();
    this.estimator.reset();
  }

  /** Take the quickest probe so far of a burst under way, which serves until there is an estimate. */
  best({ sent, read, written, received }: Probe): void {
    this.coarse = (read - sent + (written - received)) / 2;
  }

  /** Take the probes of one burst. */
  add(probes: readonly Probe[]): void {
    this.estimator.add(probes.map(inMicros));
  }
}

function inMicros({ sent, read, written, received }: Probe): MicroProbe {
  return [sent * 1000, read * 1000, written * 1000, received * 1000];
}
