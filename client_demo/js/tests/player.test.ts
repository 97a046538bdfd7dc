import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Device } from "../src/media/device.ts";
import { RoomPlayer, type PlayerView } from "../src/media/player.ts";
import type { Play, PlayCue } from "../src/protocol.ts";
import { FakeElement } from "../harness/element.ts";
import { media, play, ROOM, user } from "./world.ts";

const SERVER = 1_000_000;
const NEVER = { getItem: () => null, setItem: () => undefined };
let elements: FakeElement[];
let mount: { dataset: Record<string, string>; append: () => void; ownerDocument: object; baseURI: string };
let view: PlayerView;
let player: RoomPlayer;

Object.assign(globalThis, { MediaError: { MEDIA_ERR_DECODE: 3 } });

/** The server's time: what the timers of the test have let pass. */
function now(): number {
  return SERVER + Date.now();
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  elements = [];
  const createElement = (): FakeElement => {
    const element = new FakeElement(now, { startMs: 100, seekMs: 115, skew: 0 });
    elements.push(element);
    return element;
  };
  const nothing = (): void => undefined;
  const ownerDocument = { createElement, addEventListener: nothing, removeEventListener: nothing, defaultView: null };
  mount = { dataset: {}, append: nothing, ownerDocument, baseURI: "http://host/r/lobby" };
  player = new RoomPlayer(mount as never, now, (told) => (view = told), { device: new Device(NEVER) });
});
afterEach(() => {
  player.dispose();
  mock.timers.reset();
});

function song(id: string, started_at_ms: number, file = id): Play {
  return { ...play(id, undefined, started_at_ms), media: { ...media(id), source_id: `/media/${file}.wav` }, duration_ms: 60_000 };
}

function cueFor(next: Play): PlayCue {
  const { id: play_id, media, started_at_ms: starts_at_ms } = next;
  return { room: ROOM, play_id, dj: user("dj"), media, starts_at_ms, rev: 1 };
}

/** Enter a room that plays `a` for half a minute. */
function entered(): Play {
  const a = song("a", SERVER - 30_000);
  player.set(a);
  elements[0]?.loaded();
  mock.timers.tick(2000);
  return a;
}

test("who enters hears what is on, where it is", () => {
  const a = entered();

  assert.equal(view.onAir?.id, "a");
  assert.equal(elements[0]?.src, "http://host/media/a.wav");
  assert.ok(Math.abs(elements[0]!.currentTime * 1000 - (now() - a.started_at_ms)) < 20);
  assert.deepEqual([mount.dataset.playId, mount.dataset.playing], ["a", "true"]);
});

test("what is announced is loaded ahead, begins a start's latency early, and changes over on the clock", () => {
  const a = entered();
  const b = song("b", a.started_at_ms + 60_000);
  player.cue(cueFor(b));
  assert.equal(elements.length, 2);
  elements[1]?.loaded();
  mock.timers.tick(26_000);
  player.set({ ...b, dj: user("other") });
  assert.equal(elements.length, 2, "what the cue loaded is what plays");

  mock.timers.tick(b.started_at_ms - now() - 101);
  assert.ok(elements[1]?.paused);
  mock.timers.tick(2);
  assert.ok(!elements[1]?.paused, "started as early as this device is late");
  assert.equal(view.onAir?.id, "a", "the one before is on until its end");
  mock.timers.tick(100);
  assert.equal(view.onAir?.id, "b");
  assert.ok(elements[0]?.removed);
  assert.ok(Math.abs(elements[1]!.currentTime * 1000 - (now() - b.started_at_ms)) <= 1);
  assert.equal(elements[1]?.seeksDone, 0);
});

test("a cue that changes or is taken back throws away what it loaded", () => {
  const a = entered();
  const end = a.started_at_ms + 60_000;
  player.cue(cueFor(song("b", end)));
  player.cue(cueFor(song("c", end)));
  assert.deepEqual(elements.map((element) => element.removed), [false, true, false]);
  player.cue(null);

  assert.deepEqual(elements.map((element) => element.removed), [false, true, true]);
  assert.equal(view.onAir?.id, "a");
});

test("a skip cuts everything at its instant, not at its arrival", () => {
  entered();
  const b = song("b", now() + 1500);
  player.set(b);
  elements[1]?.loaded();
  mock.timers.tick(1499);
  assert.equal(view.onAir?.id, "a");
  mock.timers.tick(1);

  assert.equal(view.onAir?.id, "b");
});

test("a skip over an announced play that has not begun leaves one player", () => {
  entered();
  player.set(song("b", now() + 1500));
  mock.timers.tick(500);
  player.set(song("c", now() + 1500));
  mock.timers.tick(2000);

  assert.equal(view.onAir?.id, "c");
  assert.deepEqual(elements.map((element) => element.removed), [true, true, false]);
});

test("the cue of a short play's successor waits until the play is on", () => {
  entered();
  const b = song("b", now() + 1500);
  player.set(b);
  player.cue(cueFor(song("c", b.started_at_ms + 60_000)));
  assert.equal(elements.length, 2);
  mock.timers.tick(1600);

  assert.equal(elements.length, 3);
});

test("nothing on means silence", () => {
  entered();
  player.set(null);

  assert.equal(view.onAir, null);
  assert.ok(elements[0]?.removed);
  assert.equal(mount.dataset.playing, "false");
});

test("a skip with nobody next ends the sound at its instant, not at its arrival", () => {
  entered();
  const end = now() + 1500;
  player.set(null, end);
  mock.timers.tick(1499);
  assert.deepEqual([view.onAir?.id, elements[0]?.removed], ["a", false]);
  mock.timers.tick(1);

  assert.deepEqual([view.onAir, elements[0]?.removed, mount.dataset.playing], [null, true, "false"]);
});

test("who is told late of an end falls silent at once", () => {
  entered();
  player.set(null, now() - 1);

  assert.equal(view.onAir, null);
});

test("a play that is announced while the last one fades out begins at its own instant", () => {
  entered();
  player.set(null, now() + 1500);
  mock.timers.tick(500);
  const b = song("b", now() + 2000);
  player.set(b);
  elements[1]?.loaded();
  mock.timers.tick(1000);
  assert.deepEqual([view.onAir, elements[0]?.removed, elements[1]?.removed], [null, true, false]);
  mock.timers.tick(1000);

  assert.equal(view.onAir?.id, "b");
});

test("a play that begins before the last one would have ended takes its place", () => {
  entered();
  player.set(null, now() + 1500);
  player.set(song("b", now() + 500));
  mock.timers.tick(3000);

  assert.equal(view.onAir?.id, "b");
  assert.deepEqual(elements.map((element) => element.removed), [true, false]);
});

test("a play that goes on after all is not cut", () => {
  const a = entered();
  player.set(null, now() + 1500);
  player.set({ ...a });
  mock.timers.tick(3000);

  assert.equal(view.onAir?.id, "a");
});

test("a nudge makes this device earlier than the others", () => {
  player.device.nudgeMs = 200;
  const a = entered();
  mock.timers.tick(3000);

  assert.ok(Math.abs(elements[0]!.currentTime * 1000 - (now() - a.started_at_ms + 200)) < 10);
});

test("a track that cannot be played is told with its play", () => {
  player.set(song("a", SERVER - 30_000));
  elements[0]!.error = { code: 4 };
  elements[0]!.onerror?.(undefined as never);

  assert.deepEqual(view.failed, { playId: "a", problem: "unavailable", positionMs: null });
  assert.equal(view.problem, "This track cannot be played here.");
});

test("a report covers what was since the last one", () => {
  entered();
  const real = performance.now;
  let at = 0;
  performance.now = () => (at += 1000);
  mock.timers.tick(5000);
  performance.now = real;
  const taken = player.takePlayback();

  assert.deepEqual([taken?.playId, taken?.player, taken?.playback.seeks, taken?.playback.stalls], ["a", "html5", 0, 0]);
  assert.ok(taken && taken.playback.error_ms_p50 <= taken.playback.error_ms_p95);
  assert.equal(player.takePlayback(), null);
});
