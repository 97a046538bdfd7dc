// Probing the server's clock, which is also how a silent server is noticed: a connection whose
// probes stay unanswered is given up.
import type { Probe, ServerClock } from "./clock.ts";
import type { Socket } from "./socket.ts";

const JOIN_PROBES = 8;
/** Where the path jitters, eight are few: a second burst soon halves what the clock is off by. */
const SECOND_PROBES = 16;
const SECOND_MS = 2000;
const STEADY_PROBES = 3;
/** Two minutes tell the crystals' drift; after that half as many probes do. */
const SOON_MS = 15_000;
const SOON_BURSTS = 8;
const LATER_MS = 30_000;
const PATIENCE_MS = 8_000;
const WATCH_MS = 1000;
/** The steady counter stops while a machine sleeps: the wall clock then runs ahead of it. */
const JUMP_MS = 250;

export class Prober {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private bursts = 0;
  private readonly isNew: boolean;
  private ahead = wallAhead();

  constructor(
    private readonly clock: ServerClock,
    private readonly socket: Socket,
    private readonly changed: () => void,
  ) {
    this.isNew = clock.rttMs === null;
  }

  start(): void {
    this.lookForJump();
    void this.burst(JOIN_PROBES);
  }

  stop(): void {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.running = true;
  }

  /** Probe now: the page woke up, or the network came back. What was measured before a sleep is void. */
  wake(): void {
    if (this.jumped()) this.clock.reset();
    void this.burst(JOIN_PROBES);
  }

  private jumped(): boolean {
    const ahead = wallAhead();
    const jumped = Math.abs(ahead - this.ahead) > JUMP_MS;
    this.ahead = ahead;
    return jumped;
  }

  /** A machine that slept with the page in front says nothing when it wakes. */
  private lookForJump(): void {
    if (this.jumped()) {
      this.clock.reset();
      void this.burst(JOIN_PROBES);
    }
    this.watch = setTimeout(() => this.lookForJump(), WATCH_MS);
  }

  private async burst(count: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      // Behind bytes that wait to be sent a probe would measure those, not the path.
      if (this.socket.waiting === 0 || count === JOIN_PROBES) await this.probes(count);
    } catch {
      if (this.socket.open) this.socket.abort();
      return;
    }
    if (!this.socket.open) return;
    this.running = false;
    this.bursts += 1;
    const isSecond = this.isNew && this.bursts === 1;
    const wait = isSecond ? SECOND_MS : this.bursts <= SOON_BURSTS ? SOON_MS : LATER_MS;
    this.timer = setTimeout(() => void this.burst(isSecond ? SECOND_PROBES : STEADY_PROBES), wait);
  }

  private async probes(count: number): Promise<void> {
    const probes: Probe[] = [];
    for (let i = 0; i < count; i++) {
      const probe = await this.probe();
      const isBest = probes.every((other) => roundTrip(other) > roundTrip(probe));
      probes.push(probe);
      // The first answer already gives a usable clock, and each quicker one a better: music need not
      // wait for the rest.
      if (!isBest) continue;
      this.clock.best(probe);
      this.changed();
    }
    this.clock.add(probes);
    this.changed();
  }

  private async probe(): Promise<Probe> {
    const sent = this.clock.local();
    let received = sent;
    const stamp = (): void => {
      received = this.clock.local();
    };
    const answer = await this.socket.request("clock.sync", { t1_us: Math.round(sent * 1000) }, stamp, PATIENCE_MS);
    return { sent, received, read: answer.t2_us / 1000, written: answer.t3_us / 1000 };
  }
}

function roundTrip({ sent, received, read, written }: Probe): number {
  return received - sent - (written - read);
}

/** How far the wall clock is ahead of the steady counter, in ms. */
function wallAhead(): number {
  return Date.now() - performance.now();
}
