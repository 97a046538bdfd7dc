import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, chatTtls, draftOf, problems } from "../src/app/settings";
import { logSentence, memberSentence } from "../src/app/wording";
import type { Snapshot } from "@roomserver/client";
import { snapshot, user } from "../../js/tests/world";

test("nothing changed means nothing to send", () => {
  const before = snapshot();

  assert.deepEqual(changes(before, draftOf(before)), {});
});

test("only what was changed is sent, rules apart", () => {
  const before = snapshot();
  const draft = { ...draftOf(before), name: "New", slow_mode_ms: "5 s", max_duration_ms: "10:00", vote_skip_percent: "50" };

  assert.deepEqual(changes(before, draft), { name: "New", slow_mode_ms: 5000, rules: { max_duration_ms: 600_000, vote_skip_percent: 50 } });
});

test("another way to write the same span is no change", () => {
  const before = snapshot();
  before.settings.slow_mode_ms = 60_000;

  assert.deepEqual(changes(before, { ...draftOf(before), slow_mode_ms: "1:00" }), {});
});

test("the fallback playlist is kept, changed, or taken away", () => {
  const none = snapshot();
  const set = snapshot();
  set.settings.fallback = true;
  const sent = (before: Snapshot, fallback: string | null): object => changes(before, { ...draftOf(before), fallback });

  assert.deepEqual(sent(none, draftOf(none).fallback), {});
  assert.deepEqual(sent(set, draftOf(set).fallback), {});
  assert.deepEqual(sent(none, "list1"), { fallback: "list1" });
  assert.deepEqual(sent(set, "list1"), { fallback: "list1" });
  assert.deepEqual(sent(set, ""), { fallback: "" });
});

test("fields that cannot be sent are named", () => {
  const draft = { ...draftOf(snapshot()), afk_ms: "a while", capacity: "0", slow_mode_ms: "2 h" };

  assert.deepEqual(problems(draft), ["slow_mode_ms", "afk_ms", "capacity"]);
});

test("the log speaks in sentences", () => {
  const by = user("mod", "Mia");
  const ann = user("ann", "Ann");

  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "member.muted", by, user: ann, until_ms: 900_000 }), "Mia muted Ann for 15 min");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "member.banned", by, user: ann }), "Mia banned Ann for good");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "waitlist.settings", by: null, detail: "unlocked" }), "The server changed the waitlist's switches (unlocked)");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "chat.deleted", by, detail: "all" }), "Mia deleted the whole chat");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "staff.changed", by, user: ann, detail: "bouncer" }), "Mia made Ann bouncer");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "waitlist.changed", by, user: ann, detail: "move" }), "Mia moved Ann in the waitlist");
  assert.equal(logSentence({ seq: 1, at_ms: 0, action: "mod.invented", by, user: ann }), "Mia: mod invented Ann");
});

test("a system line says until when, or for good", () => {
  const entry = { kind: "member" as const, key: "k", at_ms: 0, event: "member.banned" as const, user: user("ann"), by: user("mod", "Mia"), until_ms: null, reason: null };

  assert.equal(memberSentence(entry), "was banned by Mia for good");
  assert.equal(memberSentence({ ...entry, event: "member.kicked" }), "was kicked by Mia");
});

test("how long chat is kept is sent when it was changed, and what holds now can be chosen", () => {
  const before = snapshot();

  assert.deepEqual(changes(before, { ...draftOf(before), chat_ttl_ms: 0 }), { chat_ttl_ms: 0 });
  assert.equal(draftOf(before).chat_ttl_ms, -1);
  assert.ok(chatTtls(5_400_000).some(([ms, words]) => ms === 5_400_000 && words === "1 h 30 min"));
});
