import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionLost, type ErrorCode, RequestError } from "@roomserver/client";
import { explain, fieldOf } from "../src/app/explain.ts";
import { explainField, PERSONS_NAME } from "../src/app/fields.ts";

const ALL: Record<ErrorCode, 1> = {
  bad_params: 1, unknown_method: 1, unauthenticated: 1, forbidden: 1, not_found: 1, not_in_room: 1,
  rate_limited: 1, overloaded: 1, storage_unavailable: 1, internal: 1, policy_reaccept_required: 1,
  notice_ack_required: 1, account_frozen: 1, invalid_credentials: 1, registration_refused: 1, name_taken: 1,
  room_exists: 1, room_full: 1, room_archived: 1, wrong_password: 1, banned: 1, muted: 1, slow_mode: 1,
  waitlist_locked: 1, waitlist_full: 1, waitlist_banned: 1, already_waiting: 1, not_waiting: 1, no_media: 1,
  stale_play: 1, own_play: 1, too_long: 1, recently_played: 1, blocked_media: 1, higher_role: 1, too_many: 1,
  conflict: 1,
};
const CODES = Object.keys(ALL);

function refusal(code: string, more: object = {}): RequestError {
  return new RequestError({ code, message: "expected another one", temporary: false, ...more });
}

test("a refusal stands at its field, a taken name at the name's", () => {
  assert.equal(fieldOf(refusal("bad_params", { field: "avatar_url" })), "avatar_url");
  assert.equal(fieldOf(refusal("name_taken")), "username");
});

test("what is no refusal of a field stands at none", () => {
  assert.equal(fieldOf(refusal("overloaded")), null);
  assert.equal(fieldOf(new ConnectionLost()), null);
});

test("what has a time is said with it, and no code is said in the server's words", () => {
  assert.equal(explain(refusal("muted", { retry_after_ms: 60_000 })), "You are muted. Try again in 60 s.");
  for (const code of CODES) assert.doesNotMatch(explain(refusal(code)), /expected/i, code);
  assert.doesNotMatch(explain(refusal("a_code_of_tomorrow")), /expected/i);
});

test("an account too new for a rule is told which rule and how long", () => {
  const facts = { rule: "chat_age_ms", retry_after_ms: 47 * 60_000 };

  assert.equal(explain(refusal("forbidden", facts)), "Your account is too new to chat here. Try again in 47 min.");
  assert.equal(explain(refusal("forbidden", { ...facts, rule: "link_age_ms" })), "Your account is too new to post links here. Try again in 47 min.");
  assert.equal(explain(refusal("forbidden", { ...facts, rule: "dj_age_ms" })), "Your account is too new to join the waitlist here. Try again in 47 min.");
  assert.equal(explain(refusal("forbidden", { rule: "chat_age_ms", needs: "user" })), "That needs an account: register first.");
  assert.equal(explain(refusal("forbidden", { needs: "bouncer" })), "Only a bouncer or above may do that.");
  assert.equal(explain(refusal("too_many", { limit: 10 })), "There can be no more than 10.");
});

test("a refused field is told what belongs there, by its name and not by the server's prose", () => {
  const of = (field: string, more: object = {}): string => explainField(refusal("bad_params", { field, ...more }));

  assert.match(of("slug"), /small letters, digits and hyphens/);
  assert.match(of("name"), /must not be empty/);
  assert.match(of("email"), /not an email address/);
  assert.match(of("avatar_url"), /https:/);
  assert.match(of("birth"), /no such day/);
  assert.match(of("media.title"), /^A title has/);
  assert.equal(of("rules.afk_ms"), "Write 2 min or more, or off.");
  assert.match(of("bio"), /too long/);
  assert.equal(of("chat_ttl_ms", { min: 3_600_000, max: 86_400_000 }), "The server's policy allows 1 h to 1 day.");
  for (const field of ["items[3].x", "y", ""]) assert.doesNotMatch(of(field), /expected/i, field);
});

test("a form says its own words, and what is no matter of a field stays what it is", () => {
  assert.equal(explainField(refusal("bad_params", { field: "name" }), { name: PERSONS_NAME }), PERSONS_NAME);
  assert.equal(explainField(refusal("name_taken", { field: "name" })), explain(refusal("name_taken")));
  assert.equal(explainField(refusal("banned", { field: "user" })), "That person is banned here.");
  assert.equal(explainField(refusal("overloaded")), explain(refusal("overloaded")));
});

test("who is banned from the server is told so in its words, who is from a room is not told it was the server", () => {
  const words = "banned from this server until 2026-12-01 10:00 UTC: spam";

  assert.equal(explain(refusal("banned", { message: words, scope: "server", retry_after_ms: 60_000 })), `You are ${words}.`);
  assert.equal(explain(refusal("banned")), "You are banned from this room.");
});
