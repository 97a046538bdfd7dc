import assert from "node:assert/strict";
import { test } from "node:test";
import { welcomeFor } from "../src/app/wording";

test("the welcome names its reader", () => {
  assert.equal(welcomeFor("Hi %u! Enjoy, %u.", "Ann"), "Hi Ann! Enjoy, Ann.");
  assert.equal(welcomeFor("100% fun", "Ann"), "100% fun");
});

test("a name in the welcome is only text", () => {
  assert.equal(welcomeFor("Hi %u", "$& %u <b>"), "Hi $& %u <b>");
});
