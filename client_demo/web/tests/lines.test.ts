import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage, User } from "@roomserver/client";
import { continues, Herald, saidSince, shownFrom, type Shown } from "../src/app/lines.ts";

const MIA: User = { id: "u1", name: "mia", kind: "user", created_at_ms: 0 };
const BEN: User = { id: "u2", name: "ben", kind: "user", created_at_ms: 0 };

function said(user: User, at_ms: number, more: Partial<ChatMessage> = {}): Shown {
  const message = { room: "r", seq: 1, id: `m${at_ms}`, text: "hi", mentions: [], emote: false, user, at_ms, ...more };
  return { kind: "message", key: message.id, message };
}

test("who goes on talking needs no second name", () => {
  assert.equal(continues(said(MIA, 0), said(MIA, 1000)), true);
});

test("a name stands above the first message, another person's, and one after a pause", () => {
  assert.equal(continues(undefined, said(MIA, 0)), false);
  assert.equal(continues(said(BEN, 0), said(MIA, 1000)), false);
  assert.equal(continues(said(MIA, 0), said(MIA, 10 * 60_000)), false);
});

test("an answer and an emote stand on their own", () => {
  assert.equal(continues(said(MIA, 0), said(MIA, 1, { reply_to: "m9" })), false);
  assert.equal(continues(said(MIA, 0), said(MIA, 1, { emote: true })), false);
  assert.equal(continues(said(MIA, 0, { emote: true }), said(MIA, 1)), false);
});

test("what happened in between ends a run of messages", () => {
  assert.equal(continues({ kind: "play", key: "p", at_ms: 0, dj: null, title: "x" }, said(MIA, 1)), false);
});

test("lines that come slowly are read out one by one: no summary", () => {
  const herald = new Herald();
  for (let now = 0; now < 60_000; now += 2000) {
    assert.equal(herald.heard(1, now), false);
    assert.equal(herald.summary(now), null);
  }
});

test("in a flood a summary comes every few seconds and counts every line once", () => {
  const herald = new Herald();
  const told: { at: number; count: number }[] = [];
  for (let now = 0; now < 20_000; now += 100) {
    herald.heard(1, now);
    const words = herald.summary(now);
    if (words !== null) told.push({ at: now, count: Number(/^\d+/.exec(words)?.[0]) });
  }
  assert.ok(told.length >= 4 && told.length <= 6, `${told.length} summaries in 20 s`);
  for (const [index, { at }] of told.entries()) {
    const before = told[index - 1];
    if (before) assert.ok(at - before.at >= 4000);
  }
  assert.ok(told.reduce((sum, { count }) => sum + count, 0) <= 200);
});

test("after a flood the lines speak for themselves again", () => {
  const herald = new Herald();
  herald.heard(50, 0);
  assert.equal(herald.flooded(100), true);
  assert.equal(herald.flooded(6000), false);
  assert.equal(herald.summary(6000), null);
});

function lines(count: number, first = 0): Shown[] {
  return Array.from({ length: count }, (_, i) => said(MIA, first + i));
}

test("who follows sees the last lines, and the first of them moves in steps", () => {
  let from: string | null = null;
  let moves = 0;
  for (let count = 1; count <= 1000; count++) {
    const kept = lines(Math.min(count, 400), Math.max(0, count - 400));
    const start = shownFrom(kept, from, true);
    const key = kept[start]?.key ?? null;
    if (from !== null && key !== from) moves++;
    from = key;
    assert.ok(kept.length - start <= 300);
  }
  assert.equal(moves, 7);
});

test("who reads back keeps what is shown, as long as it is held at all", () => {
  assert.equal(shownFrom(lines(380), "m10", false), 10);
  assert.equal(shownFrom(lines(400, 100), "m10", false), 0);
});

test("earlier lines can be shown from the very first on", () => {
  assert.equal(shownFrom(lines(380), "", false), 0);
});

test("what came since a line is counted, a bundle at once, without what ignored people said", () => {
  const lines = [said(MIA, 1), said(BEN, 2), said(MIA, 3), { kind: "hidden", key: "h4", messages: [] } as unknown as Shown];

  assert.equal(saidSince(lines, "m1"), 2);
  assert.equal(saidSince(lines, "h4"), 0);
});

test("a newest line that was deleted is no news", () => {
  assert.equal(saidSince([said(MIA, 1), said(BEN, 2)], "m3"), 0);
});
