import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "@roomserver/client";
import { answer, answering, draft, dropDrafts, focusDraft, mention, said, writeIn } from "../src/app/chat.ts";

const QUESTION = { id: "m1" } as ChatMessage;

test("a draft and what it answers stay in their room, and wait there", () => {
  writeIn("one");
  mention("ann");
  answer(QUESTION);
  writeIn("");
  writeIn("two");

  assert.deepEqual([draft.value, answering.value, focusDraft.value], ["", null, 0]);
  draft.value = "other words";
  writeIn("one");
  assert.deepEqual([draft.value, answering.value], ["@ann ", QUESTION]);
  writeIn("two");
  assert.equal(draft.value, "other words");
});

test("whoever signs out leaves no draft to the next, in no room", () => {
  writeIn("five");
  draft.value = "a secret";
  writeIn("six");
  draft.value = "another";
  dropDrafts();

  assert.equal(draft.value, "");
  writeIn("five");
  assert.equal(draft.value, "");
});

test("what was said is no draft any more, wherever its writer is by then", () => {
  writeIn("three");
  draft.value = "hello";
  writeIn("four");
  draft.value = "hello";
  said("three", "hello", null);

  assert.equal(draft.value, "hello", "the same words in another room are not said yet");
  writeIn("three");
  assert.equal(draft.value, "");
});

test("words changed while the first were on their way stay", () => {
  writeIn("five");
  draft.value = "hello, and";
  answer(QUESTION);
  said("five", "hello", null);

  assert.deepEqual([draft.value, answering.value], ["hello, and", QUESTION]);
  said("five", "hello, and", QUESTION);
  assert.deepEqual([draft.value, answering.value], ["", null]);
});
