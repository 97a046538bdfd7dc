import assert from "node:assert/strict";
import { test } from "node:test";
import { Corrector, positionMs } from "../src/media/timing.ts";
import { ServerClock } from "../src/clock.ts";
import { play } from "./world.ts";

test("the position waits for the start and stops at the end", () => {
  const vector = { ...play("p", undefined, 1000), position_ms: 500, duration_ms: 2000 };

  assert.deepEqual([0, 1000, 1500, 9000].map((t) => positionMs(vector, t)), [500, 500, 1000, 2500]);
});

test("small errors are left, larger ones nudged, great ones sought", () => {
  const at = (error: number): unknown => new Corrector().add(error, 0);

  assert.deepEqual(at(8), { kind: "rate", rate: 1 });
  assert.deepEqual(at(20), { kind: "rate", rate: 0.98 });
  assert.deepEqual(at(-250), { kind: "rate", rate: 1.05 });
  assert.deepEqual(at(400), { kind: "seek" });
});

test("a correction goes on until it has settled", () => {
  const corrector = new Corrector();
  corrector.add(20, 0);
  for (let i = 1; i <= 4; i++) corrector.add(5, i);

  assert.deepEqual(corrector.add(5, 5), { kind: "rate", rate: 0.99 });
  for (let i = 6; i <= 9; i++) corrector.add(1, i);
  assert.deepEqual(corrector.add(1, 10), { kind: "rate", rate: 1 });
});

test("seeks cool down", () => {
  const corrector = new Corrector();

  assert.equal(corrector.add(900, 0).kind, "seek");
  assert.equal(corrector.add(900, 500).kind, "none");
  assert.equal(corrector.add(900, 2100).kind, "seek");
});

test("the clock believes the shortest round trip", () => {
  const clock = new ServerClock(() => 1000);
  clock.hello("c1", 5000);
  assert.equal(clock.now(), 5000);

  clock.add([
    { sent: 900, received: 1000, read: 4000, written: 4000 },
    { sent: 990, received: 1000, read: 4095, written: 4095 },
  ]);

  assert.equal(Math.round(clock.now()), 4100);
  assert.equal(clock.rttMs, 10);
});

test("the first probe of a burst serves until the burst is whole, and leaves no trace in it", () => {
  const clock = new ServerClock(() => 1000);
  clock.hello("c1", 5000);
  const slow = { sent: 900, received: 1000, read: 4000, written: 4000 };
  clock.first(slow);
  assert.equal(clock.now(), 4050);
  clock.add([slow, { sent: 990, received: 1000, read: 4095, written: 4095 }]);
  assert.equal(Math.round(clock.now()), 4100);
});

test("a restarted server's clock starts over", () => {
  const clock = new ServerClock(() => 0);
  clock.hello("c1", 1000);
  clock.add([{ sent: 0, received: 0, read: 1000, written: 1000 }]);
  clock.hello("c2", 9000);

  assert.equal(clock.now(), 9000);
});
