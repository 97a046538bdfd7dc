import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyVersion, Privacy } from "@roomserver/client";
import { pendingOf } from "../src/app/policy.ts";

function version(rev: number, material = true): PolicyVersion {
  return { rev, hash: `h${rev}`, url: "/privacy", material, summary: "keeps plays longer", effective_at_ms: rev * 1000 };
}

function standing(part: Partial<Privacy>): Privacy {
  const off = { on: false, source: "default" as const };
  return {
    state: "active",
    jurisdiction: "EU",
    policy: version(1),
    accepted_rev: 1,
    must_accept: false,
    has_password: true,
    consents: { improvement: off, marketing: off },
    self_ttl: { chat_ms: null },
    requests: [],
    ...part,
  };
}

test("who accepted what is in force is asked nothing", () => {
  assert.equal(pendingOf(standing({}), 0), null);
});

test("a version in force that must be accepted is due, and cannot be put off", () => {
  const here = standing({ policy: version(2), must_accept: true });

  assert.deepEqual(pendingOf(here, 2), { version: version(2), due: true });
});

test("a coming version can be accepted ahead, or put off until its day", () => {
  const here = standing({ coming: version(2) });

  assert.deepEqual(pendingOf(here, 0), { version: version(2), due: false });
  assert.equal(pendingOf(here, 2), null);
  assert.equal(pendingOf({ ...here, accepted_rev: 2 }, 0), null);
});

test("a change that is not material asks nobody", () => {
  assert.equal(pendingOf(standing({ coming: version(2, false) }), 0), null);
});
