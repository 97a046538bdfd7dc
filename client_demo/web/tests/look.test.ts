import assert from "node:assert/strict";
import { test } from "node:test";
import type { User } from "@roomserver/client";
import { hashOf, lookOf } from "../src/app/look.ts";

function somebody(id: string, kind: User["kind"] = "user"): User {
  return { id, name: id, kind, created_at_ms: 0 };
}

test("everyone sees the same person the same, whatever their name is", () => {
  assert.deepEqual(lookOf(somebody("u1")), lookOf({ ...somebody("u1"), name: "renamed" }));
});

test("ids that differ in their last letter spread over all hues", () => {
  const hues = new Set(Array.from({ length: 200 }, (_, i) => lookOf(somebody(`user-${i}`)).hue));
  assert.equal(hues.size, 12);
});

test("two hundred people are nearly as many looks", () => {
  const looks = new Set(Array.from({ length: 200 }, (_, i) => JSON.stringify(lookOf(somebody(`user-${i}`)))));
  assert.ok(looks.size > 180, `${looks.size} of 200 differ`);
});

test("guests look plain, so that accounts are told from them", () => {
  const { hue, top } = lookOf(somebody("g1", "guest"));
  assert.deepEqual([hue, top], ["hue-guest", 0]);
});

test("a hash is a whole number of 32 bits, for any text", () => {
  for (const text of ["", "a", "ü𝄞", "x".repeat(10_000)]) {
    assert.ok(Number.isInteger(hashOf(text)) && hashOf(text) >= 0 && hashOf(text) < 2 ** 32);
  }
});
