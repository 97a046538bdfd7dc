import assert from "node:assert/strict";
import { test } from "node:test";
import { echoed, held, joined, membersAfter, outranks, step, withHistory, type RoomState } from "../src/stream.ts";
import { joinResult, message, play, ROOM, snapshot, user } from "./world.ts";

function entered(): RoomState {
  const state = joined(null, joinResult(), "me");
  assert.ok(state);
  return state;
}

test("the next event is applied", () => {
  const { state, outcome } = step(entered(), "chat.message", message(11), "me");

  assert.equal(outcome, "applied");
  assert.equal(state.seq, 11);
  assert.equal(state.log.length, 1);
});

test("an event seen before is ignored", () => {
  const before = entered();

  assert.deepEqual(step(before, "chat.message", message(10), "me"), { state: before, outcome: "ignored" });
});

test("a gap changes nothing and is reported", () => {
  const before = entered();

  assert.deepEqual(step(before, "chat.message", message(12), "me"), { state: before, outcome: "gap" });
});

test("an event without a meaning here still counts", () => {
  const { state, outcome } = step(entered(), "something.new", { room: ROOM, seq: 11, at_ms: 0 }, "me");

  assert.equal(outcome, "applied");
  assert.equal(state.seq, 11);
});

test("a resume applies what was missed and shows no message twice", () => {
  const before = step(entered(), "chat.message", message(11), "me").state;
  const answer = joinResult({
    seq: 13,
    recovered: true,
    snapshot: undefined as never,
    events: [[2, "chat.message", message(12)], [2, "chat.message", message(13)]],
  });

  const after = joined(before, answer, "me");

  assert.deepEqual(after?.log.map((entry) => entry.key), ["m11", "m12", "m13"]);
  assert.equal(after?.seq, 13);
});

test("a resume of another epoch, or with a hole, is not believed", () => {
  const before = entered();

  assert.equal(joined(before, joinResult({ epoch: "e2", recovered: true }), "me"), null);
  assert.equal(joined(before, joinResult({ seq: 12, recovered: true, events: [[2, "chat.message", message(12)]] }), "me"), null);
  assert.equal(joined(null, joinResult({ recovered: true, events: [] }), "me"), null);
});

test("a snapshot replaces everything, the log included", () => {
  const before = step(entered(), "chat.message", message(11, "since deleted"), "me").state;

  const after = joined(before, joinResult({ epoch: "e2", seq: 3, snapshot: snapshot({ chat: [message(2)] }) }), "me");

  assert.deepEqual(after?.log.map((entry) => entry.key), ["m2"]);
});

test("a deletion reaches the log beyond the snapshot's chat", () => {
  let state = entered();
  for (let seq = 11; seq <= 90; seq++) state = step(state, "chat.message", message(seq), "me").state;

  state = step(state, "chat.deleted", { room: ROOM, seq: 91, at_ms: 0, by: user("mod"), user: "ann" }, "me").state;

  assert.deepEqual(state.log, []);
});

test("a new play takes the own vote back and stands in the log", () => {
  const voted = { ...entered(), you: { role: "user" as const, vote: 1, grabbed: true } };

  const { state } = step(voted, "play.started", { room: ROOM, seq: 11, at_ms: 1, play: play("p1"), waitlist: [], previous: null }, "me");

  assert.equal(state.you.vote, undefined);
  assert.equal(state.log.at(-1)?.kind, "play");
});

test("a skip stands in the log with who and why", () => {
  const previous = { play_id: "p0", woots: 0, mehs: 0, grabs: 0, listeners: 1, end: "skipped", by: user("mod"), reason: "too long" };

  const { state } = step(entered(), "play.stopped", { room: ROOM, seq: 11, at_ms: 1, waitlist: [], previous }, "me");

  assert.deepEqual(state.log.at(-1), { kind: "skip", key: "skip-p0", at_ms: 1, by: "mod", reason: "too long", unplayable: false });
});

test("a tally says how members voted, oneself included", () => {
  const started = step(entered(), "play.started", { room: ROOM, seq: 11, at_ms: 1, play: play("p1"), waitlist: [], previous: null }, "me").state;

  const { state } = step(started, "vote.tally", { room: ROOM, play_id: "p1", woots: 2, mehs: 0, grabs: 0, changed: [["ann", 1], ["me", 1]] } as never, "me");

  assert.deepEqual(state.cast, { ann: 1, me: 1 });
  assert.equal(state.you.vote, 1);
  assert.equal(state.snapshot.votes.woots, 2);
});

test("members come, go and come again without doubles", () => {
  const ann = { user: user("ann"), role: "user" as const };
  const members = { version: 1, population: 1, guests: 0, members: [ann] };

  const again = membersAfter(members, { room: ROOM, version: 2, joined: [ann], left: [], population: 1, guests: 0 });
  const gone = membersAfter(again, { room: ROOM, version: 3, joined: [], left: ["ann"], population: 0, guests: 0 });

  assert.equal(again.members.length, 1);
  assert.deepEqual(gone.members, []);
});

test("a complete list of members replaces what was known", () => {
  const [ann, bob] = ["ann", "bob"].map((id) => ({ user: user(id), role: "user" as const }));
  const members = { version: 1, population: 1, guests: 0, members: [ann!] };

  const all = membersAfter(members, { room: ROOM, version: 2, joined: [bob!], left: [], population: 1, guests: 0, complete: true });

  assert.deepEqual(all.members, [bob]);
});

test("what staff did stands in the log, with what the event says", () => {
  const event = { room: ROOM, seq: 11, at_ms: 5, user: user("ann"), by: user("mod"), until_ms: 99, reason: "spam" };

  const { state } = step(entered(), "member.muted", event, "me");

  assert.deepEqual(state.log.at(-1), {
    kind: "member", key: "member-11", at_ms: 5, event: "member.muted", user: user("ann"), by: user("mod"), until_ms: 99, reason: "spam",
  });
});

test("an echo is shown once and leaves the numbering alone", () => {
  const before = entered();

  const after = echoed(echoed(before, message(3)), message(3));

  assert.equal(after.seq, before.seq);
  assert.deepEqual(after.log.map((entry) => entry.key), ["m3"]);
  assert.deepEqual(after.snapshot.chat, []);
});

test("a deletion reaches an echo too", () => {
  const { state } = step(echoed(entered(), message(3)), "chat.deleted", { room: ROOM, seq: 11, at_ms: 0, by: user("mod"), user: "ann" }, "me");

  assert.deepEqual(state.log, []);
});

test("a skip tally belongs to its play and ends with it", () => {
  const started = step(entered(), "play.started", { room: ROOM, seq: 11, at_ms: 1, play: play("p1"), waitlist: [], previous: null }, "me").state;
  const tally = { room: ROOM, play_id: "p1", votes: 1, needed: 3 };

  const counted = step(started, "skip.tally", tally, "me").state;

  assert.deepEqual(counted.skip, tally);
  assert.equal(step(started, "skip.tally", { ...tally, play_id: "p0" }, "me").state.skip, null);
  assert.equal(step(counted, "play.stopped", { room: ROOM, seq: 12, at_ms: 2, waitlist: [], previous: null }, "me").state.skip, null);
});

test("a skip by vote has nobody's name, an unplayable one says so", () => {
  const previous = { play_id: "p0", woots: 0, mehs: 0, grabs: 0, listeners: 1, end: "unplayable", reason: "blocked" };

  const { state } = step(entered(), "play.stopped", { room: ROOM, seq: 11, at_ms: 1, waitlist: [], previous }, "me");

  assert.deepEqual(state.log.at(-1), { kind: "skip", key: "skip-p0", at_ms: 1, by: null, reason: "blocked", unplayable: true });
});

test("staff act on lower roles only", () => {
  assert.equal(outranks("bouncer", "user"), true);
  assert.equal(outranks("bouncer", "bouncer"), false);
  assert.equal(outranks("admin", "host"), true);
});

test("what comes next is known until it is on, or is taken back", () => {
  const cue = { room: ROOM, play_id: "p2", dj: user("dj"), media: play("p2").media, starts_at_ms: 5000, rev: 1 };
  const started = { room: ROOM, seq: 11, at_ms: 0, play: play("p2"), waitlist: [], previous: null };
  const announced = step(entered(), "play.cue", cue, "me").state;

  assert.deepEqual(announced.cue, cue);
  assert.equal(announced.seq, 10);
  assert.equal(step(announced, "play.started", started, "me").state.cue, null);
  const withdrawn = { room: ROOM, dj: null, media: null, starts_at_ms: null, rev: 2 };
  assert.equal(step(announced, "play.cue", withdrawn, "me").state.cue, null);
  assert.deepEqual(joined(null, joinResult({ cue }), "me")?.cue, cue);
});

test("of an erased user neither words, deeds nor name stay", () => {
  const ann = user("ann", "Ann");
  const banned = { room: ROOM, seq: 12, at_ms: 1, user: user("ben", "Ben"), by: ann };
  const started = { room: ROOM, seq: 13, at_ms: 2, play: { ...play("p1"), dj: ann }, waitlist: [], previous: null };
  let here = entered();
  here = step(here, "chat.message", { ...message(11), user: ann }, "me").state;
  here = step(here, "member.banned", banned, "me").state;
  here = step(here, "play.started", started, "me").state;
  here = step(here, "chat.message", { ...message(14, "hi @Ann", user("ben", "Ben")), mentions: ["ann"] }, "me").state;

  const { state } = step(here, "user.erased", { room: ROOM, seq: 15, at_ms: 3, user_id: "ann" }, "me");

  assert.deepEqual(state.log.map((entry) => entry.kind), ["play", "message"]);
  assert.equal(JSON.stringify(state.log).includes("Ann"), false);
  assert.equal(state.members.members.some((member) => member.user.id === "ann"), false);
});

test("with nobody next the state tells until when the last play sounds, and forgets it with the next one", () => {
  const stopped = step(entered(), "play.stopped", { room: ROOM, seq: 11, at_ms: 5, waitlist: [], previous: null, stops_at_ms: 1505 }, "me").state;
  const started = step(stopped, "play.started", { room: ROOM, seq: 12, at_ms: 9, play: play("p"), waitlist: [], previous: null }, "me").state;

  assert.deepEqual([stopped.snapshot.booth.play, stopped.stopsAtMs], [null, 1505]);
  assert.equal(started.stopsAtMs, null);
});

/** Say so many messages, numbered on from what was said before. */
function talked(state: RoomState, count: number): RoomState {
  for (let i = 0; i < count; i++) state = step(state, "chat.message", message(state.seq + 1), "me").state;
  return state;
}

test("the log has a length, and the oldest line goes first", () => {
  const { log } = talked(entered(), 450);

  assert.deepEqual([log.length, log[0]?.key, log.at(-1)?.key], [400, "m61", "m460"]);
});

test("what somebody reads back stays while others talk", () => {
  const read = held(withHistory(talked(entered(), 400), [message(10), message(9)], true), true);
  const later = talked(read, 500);

  assert.deepEqual([later.log.length, later.log[0]?.key], [902, "m9"]);
});

test("asking for older messages makes room for them, without anybody saying so", () => {
  const read = withHistory(talked(entered(), 400), [message(10), message(9)], true);

  assert.equal(talked(read, 300).log[0]?.key, "m9");
});

test("who is done reading back holds the usual length again", () => {
  const read = held(withHistory(talked(entered(), 400), [message(10), message(9)], true), true);
  const done = held(read, false);

  assert.deepEqual([done.log.length, done.log[0]?.key], [400, "m11"]);
  assert.equal(held(done, false), done, "nothing to do is no change");
  assert.equal(held(read, true), read);
});

test("the log is complete from the room's first event on, or once the history has no more", () => {
  const fresh = joined(null, joinResult({ seq: 0 }), "me");
  const later = entered();

  assert.equal(fresh?.complete, true);
  assert.equal(later.complete, false, "what was said before the snapshot's fifteen minutes is not in it");
  assert.equal(withHistory(later, [message(9)], true).complete, false);
  assert.equal(withHistory(later, [], false).complete, true, "even when there was nothing");
});

test("a log that let go of its first lines is complete no more", () => {
  const whole = withHistory(entered(), [], false);
  const read = withHistory(talked(entered(), 400), [message(10)], false);

  assert.deepEqual([talked(whole, 400).complete, talked({ ...whole, keeps: 400 }, 401).complete], [true, false]);
  assert.deepEqual([read.complete, held(read, false).complete], [true, false]);
  assert.equal(joined(read, joinResult(), "me")?.complete, false, "a snapshot begins anew");
});
