import assert from "node:assert/strict";
import { test } from "node:test";
import { folded, hiddenWords, readUsers, withIgnored, withoutUser } from "../src/app/hiding";
import type { ChatMessage, LogLine } from "@roomserver/client";
import { message, user } from "../../js/tests/world";

const said = (message: ChatMessage): LogLine => ({ kind: "message", key: message.id, message });
const ann = user("ann");
const bob = user("bob");
const log = [said(message(1, "a", ann)), said(message(2, "b", bob)), said(message(3, "c", bob)), said(message(4, "d", ann))];

test("who ignores nobody sees the log itself", () => {
  assert.equal(folded(log, new Set()), log);
});

test("messages in a row of ignored users become one line", () => {
  const shown = folded(log, new Set(["bob"]));

  assert.deepEqual(shown, [log[0], { kind: "hidden", key: "hidden m2", messages: [message(2, "b", bob), message(3, "c", bob)] }, log[3]]);
});

test("what happens in between stays, and parts the line", () => {
  const play: LogLine = { kind: "play", key: "p", at_ms: 0, dj: "bob", title: "t" };
  const shown = folded([log[1]!, play, log[2]!], new Set(["bob"]));

  assert.deepEqual(shown.map((entry) => entry.kind), ["hidden", "play", "hidden"]);
});

test("a hidden line keeps its key while it grows", () => {
  const keys = (count: number): string[] => folded(log.slice(0, count), new Set(["bob"])).map((entry) => entry.key);

  assert.deepEqual(keys(2), keys(3));
});

test("the line counts messages and people", () => {
  assert.equal(hiddenWords([message(1)]), "1 message of somebody you ignore");
  assert.equal(hiddenWords([message(1), message(2)]), "2 messages of somebody you ignore");
  assert.equal(hiddenWords([message(1), message(2, "x", bob)]), "2 messages of people you ignore");
});

test("ignoring twice is ignoring once, and it can be taken back", () => {
  assert.deepEqual(withIgnored([ann], ann, true), [ann]);
  assert.deepEqual(withIgnored([ann], bob, true), [ann, bob]);
  assert.deepEqual(withIgnored([ann, bob], ann, false), [bob]);
});

test("only users are read from the browser's storage", () => {
  assert.deepEqual(readUsers(null), []);
  assert.deepEqual(readUsers("{oops"), []);
  assert.deepEqual(readUsers('{"id": "ann"}'), []);
  assert.deepEqual(readUsers(JSON.stringify([ann, null, 3, { id: 4 }])), [ann]);
});

test("who was erased leaves the list; a list without them stays what it is", () => {
  const users = [ann, bob];

  assert.deepEqual(withoutUser(users, "bob"), [ann]);
  assert.equal(withoutUser(users, "eve"), users);
});
