import assert from "node:assert/strict";
import { test } from "node:test";
import { apply } from "../src/reducer.ts";
import { message, play, ROOM, snapshot, user } from "./world.ts";

const head = { room: ROOM, seq: 11, at_ms: 5 };

test("a play fills the booth, takes the waitlist along and clears the votes", () => {
  const before = snapshot({ votes: { play_id: "old", woots: 3, mehs: 1, grabs: 0 } });

  const after = apply(before, "play.started", { ...head, play: play("p1"), waitlist: [user("bob")], previous: null });

  assert.equal(after.booth.play?.id, "p1");
  assert.equal(after.booth.dj?.id, "dj");
  assert.deepEqual(after.waitlist, [user("bob")]);
  assert.deepEqual(after.votes, { play_id: "p1", woots: 0, mehs: 0, grabs: 0 });
  assert.equal(before.votes.woots, 3, "the old snapshot is untouched");
});

test("the end of playing empties booth and votes", () => {
  const before = snapshot({ booth: { dj: user("dj"), play: play("p1"), leave_after_play: true } });

  const after = apply(before, "play.stopped", { ...head, waitlist: [], previous: null });

  assert.deepEqual(after.booth, { dj: null, play: null, leave_after_play: false });
  assert.equal(after.votes.play_id, null);
});

test("the chat keeps the last fifty messages", () => {
  let here = snapshot();
  for (let seq = 1; seq <= 60; seq++) here = apply(here, "chat.message", message(seq));

  assert.equal(here.chat.length, 50);
  assert.equal(here.chat[0]?.id, "m11");
});

test("deletion takes messages by id, by user, or all", () => {
  const chat = [message(1), message(2, "x", user("bob")), message(3)];
  const ids = (event: object): string[] => apply(snapshot({ chat }), "chat.deleted", { ...head, by: user("mod"), ...event }).chat.map((m) => m.id);

  assert.deepEqual(ids({ ids: ["m1"] }), ["m2", "m3"]);
  assert.deepEqual(ids({ user: "ann" }), ["m2"]);
  assert.deepEqual(ids({ all: true }), []);
});

test("a room update touches the named fields only, false and empty included", () => {
  const before = snapshot();
  before.settings.guests_chat = true;
  before.room.welcome = "hi";

  const after = apply(before, "room.updated", { ...head, by: user("host"), welcome: "", guests_chat: false });

  assert.equal(after.room.welcome, "");
  assert.equal(after.settings.guests_chat, false);
  assert.equal(after.room.name, "Lobby");
});

test("a room update says whether a fallback playlist is set", () => {
  const on = apply(snapshot(), "room.updated", { ...head, by: user("host"), fallback: true });
  const off = apply(on, "room.updated", { ...head, by: user("host"), fallback: false });

  assert.equal(on.settings.fallback, true);
  assert.equal(off.settings.fallback, false);
});

test("staff changes replace a role, and user takes it away", () => {
  const granted = apply(snapshot(), "staff.changed", { ...head, user: user("ann"), role: "bouncer", by: user("host") });
  const raised = apply(granted, "staff.changed", { ...head, user: user("ann"), role: "manager", by: user("host") });

  assert.deepEqual(raised.staff, [{ user: user("ann"), role: "manager" }]);
  assert.deepEqual(apply(raised, "staff.changed", { ...head, user: user("ann"), role: "user", by: user("host") }).staff, []);
});

test("a renamed user is renamed everywhere", () => {
  const ann = user("ann");
  const before = snapshot({
    booth: { dj: ann, play: play("p1", ann), leave_after_play: false },
    waitlist: [ann],
    chat: [message(1)],
    staff: [{ user: ann, role: "host" }],
  });

  const after = apply(before, "user.updated", { ...head, user: user("ann", "Anna") });

  const names = [after.booth.dj, after.booth.play?.dj, after.waitlist[0], after.chat[0]?.user, after.staff[0]?.user].map((u) => u?.name);
  assert.deepEqual(names, ["Anna", "Anna", "Anna", "Anna", "Anna"]);
});

test("of an erased user nothing stays", () => {
  const by = (name: string) => ({ room: ROOM, seq: 1, at_ms: 1, id: name, user: user(name, name), text: name, mentions: [] });
  const before = snapshot({
    chat: [by("ann"), by("ben")],
    staff: [
      { user: user("ann", "Ann"), role: "host" },
      { user: user("ben", "Ben"), role: "bouncer" },
    ],
  });

  const after = apply(before, "user.erased", { room: ROOM, seq: 2, at_ms: 2, user_id: "ann" });

  assert.deepEqual(after.chat.map((message) => message.user.id), ["ben"]);
  assert.deepEqual(after.staff.map((member) => member.user.id), ["ben"]);
});

test("whoever was erased is not named in what others said either", () => {
  const said = { room: ROOM, seq: 1, at_ms: 1, id: "m", user: user("ben", "Ben"), text: "@Ann. @Ümit- @djs!", mentions: ["ann", "ben"] };

  const after = apply(snapshot({ chat: [said] }), "user.erased", { room: ROOM, seq: 2, at_ms: 2, user_id: "ann" });

  assert.deepEqual(after.chat, [{ ...said, text: "@deleted. @deleted- @djs!", mentions: ["ben"] }]);
});

test("a tally for an older play is void", () => {
  const before = snapshot({ votes: { play_id: "p2", woots: 1, mehs: 0, grabs: 0 } });

  assert.equal(apply(before, "vote.tally", { room: ROOM, play_id: "p1", woots: 9, mehs: 9, grabs: 9, changed: [] }), before);
});

test("unknown events, even ones named like object members, change nothing", () => {
  const before = snapshot();

  assert.equal(apply(before, "something.new", { ...head }), before);
  assert.equal(apply(before, "toString", { ...head }), before);
});

test("new rules replace the rules, and a guard that ran out has nobody's name", () => {
  const ruled = apply(snapshot(), "room.updated", { ...head, by: user("host"), rules: { vote_skip_percent: 50, plays_per_turn: 2 } });
  const unlocked = apply(ruled, "waitlist.settings", { ...head, locked: false, cycle: true, by: null });

  assert.deepEqual(unlocked.settings.rules, { vote_skip_percent: 50, plays_per_turn: 2 });
  assert.equal(unlocked.settings.cycle, true);
});
