import assert from "node:assert/strict";
import { test } from "node:test";
import { announced, positionMs, sameSound } from "../src/media/timing.ts";
import { ServerClock } from "../src/clock.ts";
import { media, play, ROOM, user } from "./world.ts";

test("the position waits for the start and stops at the end", () => {
  const vector = { ...play("p", undefined, 1000), position_ms: 500, duration_ms: 2000 };

  assert.deepEqual([0, 1000, 1500, 9000].map((t) => positionMs(vector, t)), [500, 500, 1000, 2500]);
});

test("the clock believes the shortest round trip", () => {
  const clock = new ServerClock(() => 1000);
  clock.hello("c1", 5000);
  assert.equal(clock.now(), 5000);

  clock.add([
    { sent: 900, received: 1000, read: 4000, written: 4000 },
    { sent: 990, received: 1000, read: 4095, written: 4095 },
  ]);

  assert.equal(Math.round(clock.now()), 4100);
  assert.equal(clock.rttMs, 10);
});

test("the quickest probe of a burst serves until the burst is whole, and leaves no trace in it", () => {
  const clock = new ServerClock(() => 1000);
  clock.hello("c1", 5000);
  const slow = { sent: 900, received: 1000, read: 4000, written: 4000 };
  clock.best(slow);
  assert.equal(clock.now(), 4050);
  clock.add([slow, { sent: 990, received: 1000, read: 4095, written: 4095 }]);
  assert.equal(Math.round(clock.now()), 4100);
});

test("a restarted server's clock starts over", () => {
  const clock = new ServerClock(() => 0);
  clock.hello("c1", 1000);
  clock.add([{ sent: 0, received: 0, read: 1000, written: 1000 }]);
  clock.hello("c2", 9000);

  assert.equal(clock.now(), 9000);
});

test("a cue is a play to come, trimmed as the media says", () => {
  const trimmed = { ...media(), start_ms: 1000, end_ms: 31_000 };
  const cue = { room: ROOM, play_id: "p2", dj: user("dj"), media: trimmed, starts_at_ms: 5000, rev: 1 };
  const play = announced(cue);

  assert.deepEqual([play?.id, play?.started_at_ms, play?.position_ms, play?.duration_ms], ["p2", 5000, 1000, 30_000]);
  assert.equal(announced({ ...cue, media: null, starts_at_ms: null }), null);
});

test("a track is the same sound wherever it comes from, another beginning is not", () => {
  const one = play("p1");

  assert.ok(sameSound(one, { ...play("p2"), started_at_ms: 99 }));
  assert.ok(!sameSound(one, { ...one, position_ms: 500 }));
  assert.ok(!sameSound(one, { ...one, media: { ...one.media, source_id: "/media/b.wav" } }));
});
