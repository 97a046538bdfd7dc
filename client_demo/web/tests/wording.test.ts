import assert from "node:assert/strict";
import { test } from "node:test";
import { clockHint, sentence, syncFigure, syncWords, welcomeFor } from "../src/app/wording";

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

test("the badge says in sync only where nobody could hear a difference", () => {
  assert.equal(syncWords(null, false), "Live");
  assert.equal(syncWords(-39, false), "In sync");
  assert.equal(syncWords(-41, false), "Nearly in sync");
  assert.equal(syncWords(3000, false), "Catching up");
  assert.equal(syncWords(5, true), "Roughly in sync");
});

test("the figure names the side", () => {
  assert.equal(syncFigure(null), "not measured yet");
  assert.equal(syncFigure(0.3), "exact");
  assert.equal(syncFigure(12.4), "12 ms ahead");
  assert.equal(syncFigure(-7), "7 ms behind");
});

test("what the server lists stands as a sentence", () => {
  assert.equal(sentence("chat is kept for 60 days instead of 30 days"), "Chat is kept for 60 days instead of 30 days.");
});
