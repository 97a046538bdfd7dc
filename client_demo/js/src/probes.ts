// Probing the server's clock, which is also how a silent server is noticed: a connection whose
// probes stay unanswered is given up.
import { localNow, type Probe, type ServerClock } from "./clock.ts";
import type { Socket } from "./socket.ts";

const JOIN_PROBES = 8;
const STEADY_PROBES = 3;
const EVERY_MS = 15_000;
const PATIENCE_MS = 8_000;

export class Prober {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;

  constructor(
    private readonly clock: ServerClock,
    private readonly socket: Socket,
    private readonly changed: () => void,
  ) {}

  start(): void {
    void this.burst(JOIN_PROBES);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.running = true;
  }

  /** Probe now: the page woke up, and its clock may have slept. */
  wake(): void {
    this.clock.reset();
    void this.burst(JOIN_PROBES);
  }

  private async burst(count: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      const probes: Probe[] = [];
      for (let i = 0; i < count; i++) {
        probes.push(await this.probe());
        // The first answer already gives a usable clock: music need not wait for the rest.
        if (i > 0) continue;
        this.clock.first(probes[0]!);
        this.changed();
      }
      this.clock.add(probes);
      this.changed();
    } catch {
      if (this.socket.open) this.socket.abort();
      return;
    }
    this.running = false;
    this.timer = setTimeout(() => void this.burst(STEADY_PROBES), EVERY_MS);
  }

  private async probe(): Promise<Probe> {
    const sent = localNow();
    let received = sent;
    const stamp = (): void => {
      received = localNow();
    };
    const answer = await this.socket.request("clock.sync", { t1_us: Math.round(sent * 1000) }, stamp, PATIENCE_MS);
    return { sent, received, read: answer.t2_us / 1000, written: answer.t3_us / 1000 };
  }
}
