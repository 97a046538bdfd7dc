import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "@roomserver/client";
import { changesOf, profileOf } from "../src/app/profile.ts";

const MIA: Account = { user: { id: "u1", name: "mia", kind: "user", created_at_ms: 0, bio: "hello" }, email: "mia@example.org" };

test("what an account does not have is an empty field", () => {
  assert.deepEqual(profileOf(MIA), { username: "mia", avatar_url: "", bio: "hello", email: "mia@example.org", country: "" });
});

test("only what was written anew is sent, without the space around it", () => {
  const before = profileOf(MIA);

  assert.deepEqual(changesOf(before, { ...before, bio: " hi ", username: "Mia " }), { username: "Mia", bio: "hi" });
});

test("an emptied field is sent: it removes what was there", () => {
  const before = profileOf(MIA);

  assert.deepEqual(changesOf(before, { ...before, bio: "" }), { bio: "" });
});

test("who moves sends the new country, and none when it is not to be said any more", () => {
  const before = profileOf({ ...MIA, country: "DE" });

  assert.deepEqual(changesOf(before, { ...before, country: "FR" }), { country: "FR" });
  assert.deepEqual(changesOf(before, { ...before, country: "" }), { country: "" });
});

test("nothing is sent when nothing differs", () => {
  const before = profileOf(MIA);

  assert.equal(changesOf(before, { ...before, bio: "hello " }), null);
});
