// Somebody who listens: a clock that is wrong, a network that is late, a device with habits.
import { FakeElement, type Habits } from "./element.ts";

export type Random = () => number;

/** Mulberry32: the same people for the same seed. */
export function seeded(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function normal(random: Random, mean: number, sd: number): number {
  return mean + sd * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** Milliseconds of this process's steady clock, which all virtual people share as the truth. */
export function truth(): number {
  return performance.timeOrigin + performance.now();
}

export interface Path {
  /** The shortest way to the server and back from it, in ms. */
  up: number;
  down: number;
  /** What queues add: a mean, and now and then a spike. */
  jitter: number;
  spikes: number;
  spike: number;
}

export class Person {
  readonly path: Path;
  readonly habits: Habits;
  readonly elements: FakeElement[] = [];
  /** Until when what is heard does not count as steady, by the truth. */
  unsettledUntil = 0;
  private readonly clockSkew: number;
  private readonly clockOffset: number;
  private readonly born = truth();

  constructor(private readonly random: Random) {
    const base = between(random, 5, 60);
    this.path = {
      up: base * between(random, 0.9, 1.1),
      down: base * between(random, 0.9, 1.1),
      jitter: between(random, 0.5, 8),
      spikes: 0.03,
      spike: 60,
    };
    this.clockSkew = between(random, -100e-6, 100e-6);
    this.clockOffset = between(random, -5_000, 5_000);
    this.habits = {
      startMs: Math.max(20, normal(random, 110, 15)),
      seekMs: Math.max(20, normal(random, 115, 10)),
      skew: between(random, -30e-6, 30e-6),
      jitter: () => normal(random, 0, 5),
      noise: () => between(random, -2, 2),
      loadMs: () => between(random, 150, 900),
    };
  }

  /** What this device's clock says. */
  readonly local = (): number => {
    const now = truth();
    return now + (now - this.born) * this.clockSkew + this.clockOffset;
  };

  /** How long a message is on its way just now, in ms. */
  delay(way: "up" | "down"): number {
    const { jitter, spikes, spike } = this.path;
    const queue = -jitter * Math.log(1 - this.random());
    return this.path[way] + queue + (this.random() < spikes ? -spike * Math.log(1 - this.random()) : 0);
  }

  element(): FakeElement {
    const made = new FakeElement(truth, this.habits);
    this.elements.push(made);
    return made;
  }

  /** A place in a page for the SDK's player. */
  mount(): HTMLElement {
    const nothing = (): void => undefined;
    const page = { createElement: () => this.element(), addEventListener: nothing, removeEventListener: nothing, defaultView: null };
    return { dataset: {}, append: nothing, ownerDocument: page, baseURI: "http://harness/" } as unknown as HTMLElement;
  }

  /** The element that plays a file. */
  playing(file: string): FakeElement | undefined {
    return this.elements.filter((element) => !element.removed && element.src.endsWith(file)).at(-1);
  }

  /** Data runs out now and then: once in so many seconds, for 0.3 to 1.5 s. */
  maybeStall(file: string, sinceMs: number, everyMs: number): void {
    if (this.random() > sinceMs / everyMs) return;
    const ms = between(this.random, 300, 1500);
    this.playing(file)?.stall(ms);
    this.unsettledUntil = truth() + ms + 5000;
  }
}
