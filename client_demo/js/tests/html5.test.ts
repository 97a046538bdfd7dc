import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Device } from "../src/media/device.ts";
import { Html5Backend } from "../src/media/html5.ts";
import type { Play } from "../src/protocol.ts";
import { FakeElement, type Habits } from "../harness/element.ts";
import { play } from "./world.ts";

Object.assign(globalThis, { MediaError: { MEDIA_ERR_DECODE: 3 } });

const USUAL: Habits = { startMs: 90, seekMs: 118, skew: 30e-6 };
const START = 100_000;
/** Where the element is for one's ears: when sound is asked for, or comes, depends on the engine. */
let now: number;
let told: string[];
let device: Device;

beforeEach(() => {
  now = 0;
  told = [];
  device = new Device({ getItem: () => null, setItem: () => undefined });
});

function made(which: Play, habits: Habits): { backend: Html5Backend; element: FakeElement } {
  const element = new FakeElement(() => now, habits);
  const events = {
    blocked: () => told.push("blocked"),
    playing: () => told.push("playing"),
    failed: (message: string, problem: string | null) => told.push(`failed: ${problem ?? message}`),
  };
  const around = { now: () => now, device, events };
  return { backend: new Html5Backend(which, which.media.source_id, element as unknown as HTMLMediaElement, around), element };
}

function song(started_at_ms = START): Play {
  return { ...play("p", undefined, started_at_ms), duration_ms: 600_000 };
}

/** Let time pass in ticks of 100 ms; return the errors of the playhead in ms, one per tick. */
function run(backend: Html5Backend, element: FakeElement, ms: number): number[] {
  const errors = [];
  for (const end = now + ms; now < end; ) {
    now += 100;
    backend.tick();
    errors.push(element.currentTime * 1000 - (now - backend.play.started_at_ms));
  }
  return errors;
}

function begin(which: Play, habits: Habits, at = START - device.latencyMs("html5", "cold")): ReturnType<typeof made> {
  const both = made(which, habits);
  now = at;
  both.element.loaded();
  both.backend.begin();
  return both;
}

test("a preloaded start is on time once the device is known, and learns until then", () => {
  const first = begin(song(), { ...USUAL, startMs: 140 });
  const [missed] = run(first.backend, first.element, 1000).slice(-1);
  assert.ok(missed !== undefined && missed < -20, `the first start misses: ${missed}`);
  for (let i = 0; i < 4; i++) {
    const next = begin(song(), { ...USUAL, startMs: 140 });
    run(next.backend, next.element, 2000);
  }
  const last = begin(song(), { ...USUAL, startMs: 140 });
  now = START + 5;

  assert.ok(Math.abs(last.element.currentTime * 1000 - 5) < 6, `${last.element.currentTime * 1000}`);
  assert.equal(last.element.seeksDone, 0);
});

test("who joins in the middle is within 10 ms of everybody after five seconds, with one seek", () => {
  for (const habits of [USUAL, { startMs: 65, seekMs: 98, skew: -100e-6 }, { startMs: 128, seekMs: 123, skew: 100e-6 }]) {
    device = new Device({ getItem: () => null, setItem: () => undefined });
    const { backend, element } = begin(song(), habits, START + 60_000);
    run(backend, element, 5000);
    const errors = run(backend, element, 20_000);

    assert.ok(Math.max(...errors.map(Math.abs)) < 10, `${Math.max(...errors.map(Math.abs))}`);
    assert.equal(element.seeksDone, 1);
    assert.equal(backend.seeks, 0);
  }
});

test("two crystals that drift are held together by the rate alone", () => {
  const { backend, element } = begin(song(), { ...USUAL, skew: 100e-6 });
  run(backend, element, 5000);
  const errors = run(backend, element, 500_000);

  assert.ok(Math.max(...errors.map(Math.abs)) < 7, `${Math.max(...errors.map(Math.abs))}`);
  assert.equal(element.seeksDone, 0);
});

test("a dropout is counted and made up for", () => {
  const { backend, element } = begin(song(), USUAL);
  run(backend, element, 5000);
  element.stall(1500);
  run(backend, element, 8000);
  const errors = run(backend, element, 2000);

  assert.equal(backend.stalls, 1);
  assert.equal(backend.seeks, 1);
  assert.ok(Math.max(...errors.map(Math.abs)) < 10);
});

test("a play that moved is followed by one seek", () => {
  const { backend, element } = begin(song(), USUAL);
  run(backend, element, 3000);
  backend.retime({ ...song(), started_at_ms: START - 20_000 });
  run(backend, element, 5000);
  const errors = run(backend, element, 2000);

  assert.equal(element.seeksDone, 1);
  assert.ok(Math.max(...errors.map(Math.abs)) < 10);
});

test("where sound needs a gesture it starts without, in time, and asks; the gesture gives it back", async () => {
  const { backend, element } = begin(song(), { ...USUAL, refuses: true });
  await Promise.resolve();
  await Promise.resolve();

  assert.deepEqual([told, element.muted, element.paused], [["blocked"], true, false]);
  run(backend, element, 5000);
  assert.ok(Math.abs(run(backend, element, 1000).at(-1)!) < 10);
  element.gesture = true;
  backend.unblock();
  assert.equal(element.muted, false);
});

test("muted by its owner it needs no gesture", async () => {
  const both = made(song(), { ...USUAL, refuses: true });
  both.backend.setVolume(0.5, true);
  now = START;
  both.element.loaded();
  both.backend.begin();
  await Promise.resolve();

  assert.deepEqual(told, ["playing"]);
});

test("paused by the system it says so, and goes on where the room is", () => {
  const { backend, element } = begin(song(), USUAL);
  run(backend, element, 3000);
  element.pause();
  now += 60_000;
  assert.deepEqual(told, ["playing", "blocked"]);
  backend.unblock();
  run(backend, element, 5000);

  assert.ok(Math.abs(run(backend, element, 1000).at(-1)!) < 10);
});

test("a file that is not there and one that is broken are told apart", () => {
  const { element } = made(song(), USUAL);
  element.error = { code: 4 };
  element.onerror?.(undefined as never);
  element.error = { code: 3 };
  element.onerror?.(undefined as never);

  assert.deepEqual(told, ["failed: unavailable", "failed: error"]);
});

test("disposed it is silent for good", () => {
  const { backend, element } = begin(song(), USUAL);
  backend.dispose();

  assert.ok(element.removed && element.paused);
  assert.equal(element.onpause, null);
  assert.deepEqual(told, ["playing"]);
});
