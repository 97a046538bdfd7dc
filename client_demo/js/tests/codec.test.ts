import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "@msgpack/msgpack";
import { decodeMessage, encodeRequest, parseReply } from "../src/codec.ts";
import { bytes } from "./world.ts";

test("a message holds several values, which are read in order", () => {
  const replies = decodeMessage(bytes([1, 7, null, { seq: 3 }], [2, "chat.message", { text: "héllo" }]));

  assert.deepEqual(replies, [
    { kind: "response", id: 7, error: null, result: { seq: 3 } },
    { kind: "event", name: "chat.message", params: { text: "héllo" } },
  ]);
});

test("instants of today come back as exact numbers", () => {
  const [reply] = decodeMessage(bytes([2, "hello", { server_time_ms: 1_790_000_000_123, us: 1_790_000_000_123_456 }]));

  assert.deepEqual(reply?.kind === "event" && reply.params, { server_time_ms: 1_790_000_000_123, us: 1_790_000_000_123_456 });
});

test("a request is an array of four, a notification of three", () => {
  assert.deepEqual(decode(encodeRequest(5, "room.get", { room: "a" })), [0, 5, "room.get", { room: "a" }]);
  assert.deepEqual(decode(encodeRequest(null, "room.leave", { room: "a" })), [2, "room.leave", { room: "a" }]);
});

test("an undefined param is left out, never sent as nil", () => {
  assert.deepEqual(decode(encodeRequest(1, "room.join", { room: "a", resume: undefined })), [0, 1, "room.join", { room: "a" }]);
});

test("shapes of a later version are left out", () => {
  assert.equal(parseReply([9, "what"]), null);
  assert.equal(parseReply({ a: 1 }), null);
  assert.equal(decodeMessage(bytes([9], [2, "new.event", {}])).length, 1);
});
