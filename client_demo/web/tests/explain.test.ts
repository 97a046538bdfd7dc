import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionLost, RequestError } from "@roomserver/client";
import { explain, fieldOf } from "../src/app/explain.ts";

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

test("what has no sentence of its own is said in the server's words", () => {
  assert.equal(explain(refusal("conflict")), "Expected another one.");
  assert.equal(explain(refusal("muted", { retry_after_ms: 60_000 })), "You are muted. Try again in 60 s.");
});

test("who is banned from the server is told so in its words, who is from a room is not told it was the server", () => {
  const words = "banned from this server until 2026-12-01 10:00 UTC: spam";

  assert.equal(explain(refusal("banned", { message: words, scope: "server", retry_after_ms: 60_000 })), `You are ${words}.`);
  assert.equal(explain(refusal("banned")), "You are banned from this room.");
});
