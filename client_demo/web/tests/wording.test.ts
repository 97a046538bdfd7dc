import assert from "node:assert/strict";
import { test } from "node:test";
import { clockHint, welcomeFor } from "../src/app/wording";

test("the welcome names its reader", () => {
  assert.equal(welcomeFor("Hi %u! Enjoy, %u.", "Ann"), "Hi Ann! Enjoy, Ann.");
  assert.equal(welcomeFor("100% fun", "Ann"), "100% fun");
});

test("a name in the welcome is only text", () => {
  assert.equal(welcomeFor("Hi %u", "$& %u <b>"), "Hi $& %u <b>");
});

test("the clock's hint waits for a measure and never promises too much", () => {
  assert.equal(clockHint(null, null), "");
  assert.equal(clockHint(22.6, 3.2), "network 23 ms · clock ±4 ms");
  assert.equal(clockHint(0.2, 0.1), "network 1 ms · clock ±1 ms");
});
