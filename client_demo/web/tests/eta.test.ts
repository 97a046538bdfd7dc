import assert from "node:assert/strict";
import { test } from "node:test";
import { USUAL_MS, usualLength, waits } from "../src/app/eta";

test("each place waits for what is left and for the turns before it", () => {
  assert.deepEqual(waits([100, 200, 300], 50, 1000), [50, 150, 350]);
});

test("unknown durations count as usual ones", () => {
  assert.deepEqual(waits([null, 200, null], 50, 1000), [50, 1050, 1250]);
});

test("turns of several plays are that much longer", () => {
  assert.deepEqual(waits([100, 100], 0, 1000, 3), [0, 2100]);
});

test("a play that is over leaves nothing to wait for", () => {
  assert.deepEqual(waits([100], -500, 1000), [0]);
});

test("the usual length is the mean of plays that were heard, or a guess", () => {
  assert.equal(usualLength([]), USUAL_MS);
  assert.equal(usualLength([2000]), USUAL_MS);
  assert.equal(usualLength([100_000, 200_000, 3000]), 150_000);
});
