import assert from "node:assert/strict";
import test from "node:test";
import vectors from "../../../tests/vectors/clock.json";
import { ServerClock } from "../src/clock.ts";
import { ClockEstimator, type Probe } from "../src/estimator.ts";

test("the estimator gives the numbers of every other port", () => {
  for (const { name, bursts, at_us: at, ...expected } of vectors) {
    const estimator = new ClockEstimator();
    for (const burst of bursts) estimator.add(burst as unknown as Probe[]);
    const estimate = estimator.estimate(at);
    if (expected.offset_us === null) {
      assert.equal(estimate, null, name);
      continue;
    }
    assert.ok(estimate, name);
    assert.ok(Math.abs(estimate.offset - expected.offset_us) < 0.5, `${name}: ${estimate.offset}`);
    assert.ok(Math.abs(estimate.drift - (expected.drift ?? 0)) < 1e-9, `${name}: ${estimate.drift}`);
    assert.equal(estimate.rttMin, expected.rtt_min_us, name);
  }
});

test("a better estimate moves the clock at 500 ppm", () => {
  const estimator = new ClockEstimator();
  estimator.add([[0, 10_000, 10_000, 20_000]]);
  const first = estimator.server(30_000)!;
  estimator.add([[30_000, 31_500, 31_500, 32_000]]);
  const second = estimator.server(40_000)!;
  assert.ok(Math.abs(second - first - 10_000) <= 500e-6 * 10_000 + 1e-6);
});

test("before the first burst the time of hello serves, and after a reset the last one known", () => {
  let local = 1_000;
  const clock = new ServerClock(() => local);
  clock.hello("a", 5_000);
  assert.equal(clock.now(), 5_000);
  clock.add([{ sent: 1_000, read: 5_110, written: 5_110, received: 1_020 }]);
  local = 1_020;
  assert.equal(clock.now(), 5_120);
  clock.reset();
  assert.equal(clock.now(), 5_120);
  assert.equal(clock.rttMs, null);
});
