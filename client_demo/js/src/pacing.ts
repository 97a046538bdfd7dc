// The rates a server announces, kept by the client: what would be refused waits here instead.
import { METHOD_RATES, type MethodName, type Rate } from "./protocol.ts";

/** Sending now would break an announced rate, and the caller did not want to wait. */
export class RateLimited extends Error {
  constructor(
    readonly method: MethodName,
    readonly retry_after_ms: number,
  ) {
    super(`expected to wait ${retry_after_ms} ms before the next ${method}`);
    this.name = "RateLimited";
  }
}

/** Twin of protocol/buckets.py, but a token may be taken ahead of its time: that keeps the order. */
export class Pacing {
  /** For each class the instant at which its bucket is full again. */
  private readonly fullAt = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Reserve the right to send a method; returns how long to wait for it, in ms. */
  reserve(method: MethodName, rates: Readonly<Record<string, Rate>>): number {
    const { name, rate, fullAt, wait } = this.look(method, rates);
    if (rate) this.fullAt.set(name, fullAt + rate.per_ms);
    return wait;
  }

  /** Reserve only what can be sent at once; throws `RateLimited` otherwise. */
  require(method: MethodName, rates: Readonly<Record<string, Rate>>): void {
    const { wait } = this.look(method, rates);
    if (wait > 0) throw new RateLimited(method, wait);
    this.reserve(method, rates);
  }

  private look(method: MethodName, rates: Readonly<Record<string, Rate>>) {
    const name = METHOD_RATES[method];
    const rate = rates[name];
    const now = this.now();
    const fullAt = Math.max(this.fullAt.get(name) ?? 0, now);
    // A server of a later version may have other classes; those it does not announce are free.
    const wait = rate ? Math.max(0, Math.ceil(fullAt + rate.per_ms - (now + rate.burst * rate.per_ms))) : 0;
    return { name, rate, fullAt, wait };
  }
}
