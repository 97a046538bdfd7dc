import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOSE_VERDICTS } from "../src/protocol.ts";
import { closeMeaning, closeVerdict, retryDelay } from "../src/backoff.ts";

test("verdicts equal the protocol's table", () => {
  for (const [code, verdict] of Object.entries(CLOSE_VERDICTS)) assert.equal(closeVerdict(Number(code)), verdict);
});

test("codes of a later version go by their hundreds", () => {
  assert.equal(closeVerdict(4042), "stop");
  assert.equal(closeVerdict(4142), "back_off");
  assert.equal(closeVerdict(4242), "reconnect");
  assert.equal(closeVerdict(null), "back_off");
});

test("a back-off doubles under full jitter from half a second to thirty", () => {
  const most = [0, 1, 2, 3, 20].map((attempt) => retryDelay("back_off", attempt, () => 1));
  const least = retryDelay("back_off", 9, () => 0);

  assert.deepEqual(most, [500, 1000, 2000, 4000, 30_000]);
  assert.equal(least, 250);
});

test("reconnecting is prompt, but not for ever", () => {
  assert.ok(retryDelay("reconnect", 0, () => 1) <= 300);
  assert.ok(retryDelay("reconnect", 6, () => 1) > 5000);
});

test("a stop says why", () => {
  assert.match(closeMeaning(4003, ""), /banned/);
  assert.equal(closeMeaning(4003, "banned from this server: spam"), "banned from this server: spam");
  assert.equal(closeMeaning(3000, "maintenance"), "maintenance");
});
