import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS, type NoticeCategory } from "@roomserver/client";
import { countries } from "../src/app/countries.ts";
import { inShort, keptFor, SELF_TTLS } from "../src/app/kept.ts";

const { DAY_MS } = LIMITS;

function recorded(category: string, ttl_ms: number | null): NoticeCategory {
  return { category, what: "x", purpose: "y", ttl_ms };
}

test("how long something is kept is said in the largest unit that fits", () => {
  assert.equal(keptFor(null), "as long as the account");
  assert.equal(keptFor(null, "sanctions"), "while it lasts");
  assert.equal(keptFor(0), "not kept");
  assert.equal(keptFor(30 * DAY_MS), "30 days");
  assert.equal(keptFor(3 * 365 * DAY_MS), "3 years");
  assert.equal(keptFor(120_000), "2 min");
});

test("the door says what concerns everybody, and leaves out what is not kept", () => {
  const all = [recorded("account", null), recorded("chat", 0), recorded("video", 90 * DAY_MS), recorded("votes", DAY_MS)];
  assert.equal(inShort(all), "plays (90 days), votes (1 day)");
});

test("no choice for the own chat is longer than the server takes", () => {
  assert.ok(SELF_TTLS.every(([ms]) => ms === null || (ms >= 0 && ms <= LIMITS.SELF_TTL_MAX_MS)));
});

test("every country stands once, by a name", () => {
  const all = countries();
  assert.equal(new Set(all.map(({ code }) => code)).size, all.length);
  assert.ok(all.length > 240 && all.every(({ code, name }) => /^[A-Z]{2}$/.test(code) && name.length > 1));
});
