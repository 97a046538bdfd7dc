import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacing, RateLimited } from "../src/pacing.ts";

const RATES = { chat: { burst: 3, per_ms: 1000 }, vote: { burst: 1, per_ms: 500 } };

test("a burst goes at once, then one per interval, in order of the calls", () => {
  let now = 50_000;
  const pacing = new Pacing(() => now);
  assert.deepEqual([1, 2, 3, 4, 5].map(() => pacing.reserve("chat.send", RATES)), [0, 0, 0, 1000, 2000]);
  now += 2500;

  assert.equal(pacing.reserve("chat.send", RATES), 500);
});

test("classes do not pay for each other, and one that is not announced is free", () => {
  const pacing = new Pacing(() => 0);
  for (let i = 0; i < 9; i++) pacing.reserve("chat.send", RATES);

  assert.equal(pacing.reserve("vote.cast", RATES), 0);
  assert.equal(pacing.reserve("room.list", RATES), 0);
});

test("who does not want to wait is told how long it would be, and pays nothing", () => {
  let now = 0;
  const pacing = new Pacing(() => now);
  pacing.require("vote.cast", RATES);
  assert.throws(
    () => pacing.require("vote.cast", RATES),
    (error: unknown) => error instanceof RateLimited && error.retry_after_ms === 500 && error.method === "vote.cast",
  );
  now = 500;

  pacing.require("vote.cast", RATES);
});
