import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Device } from "../src/media/device.ts";
import { positionMs } from "../src/media/timing.ts";
import { WebAudioBackend } from "../src/media/webaudio.ts";
import type { Play } from "../src/protocol.ts";
import { FakeAudio, type AudioHabits } from "./audiocontext.ts";
import { play, settle } from "./world.ts";

const SERVER = 1_000_000;
const NEVER = { getItem: () => null, setItem: () => undefined };
const realNow = performance.now;
let told: string[];
let unreadable: Play[];
let audio: FakeAudio;
let backend: WebAudioBackend;

function now(): number {
  return SERVER + Date.now();
}

function song(started_at_ms: number): Play {
  return { ...play("p", undefined, started_at_ms), duration_ms: 600_000 };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  performance.now = () => Date.now();
  told = [];
  unreadable = [];
});
afterEach(() => {
  backend.dispose();
  performance.now = realNow;
  mock.timers.reset();
});

/** Load a song that began (or will begin) so long ago, on an output with these habits. */
async function loaded(sinceMs: number, habits: AudioHabits = {}): Promise<void> {
  audio = new FakeAudio(habits);
  audio.install();
  const events = {
    blocked: () => void told.push("blocked"),
    playing: () => void told.push("playing"),
    failed: (message: string) => void told.push(message),
  };
  backend = new WebAudioBackend(song(now() - sinceMs), "http://host/a.wav", audio as never, { now, device: new Device(NEVER), events }, (one) => unreadable.push(one));
  await pass(0);
}

/** Let time pass as the room's player does, looking ten times a second; tell of every step. */
async function pass(ms: number, look: () => void = () => undefined): Promise<void> {
  await settle();
  for (let at = 0; at < ms; at += 10) {
    mock.timers.tick(10);
    if (at % 100 === 0) {
      await settle();
      backend.tick();
    }
    look();
  }
}

/** How far ahead of the room the sound at the loudspeaker is, in ms. */
function error(): number {
  const { heard } = audio;
  assert.equal(heard.length, 1, `expected one sound, got ${heard.length}`);
  return (heard[0] ?? 0) - positionMs(backend.play, now());
}

test("an announced start is heard at its instant, to the millisecond, however late the output is", async () => {
  for (const latencyMs of [0, 32, 180]) {
    await loaded(-2000, { latencyMs });
    await pass(1750);
    backend.begin();
    await pass(240);
    assert.deepEqual(audio.heard, []);
    await pass(60);

    assert.ok(Math.abs(error()) < 1, `expected less than 1 ms, got ${error()}`);
    backend.dispose();
  }
});

test("who enters in the middle hears what the room hears", async () => {
  await loaded(30_000);
  backend.begin();
  await pass(400);

  assert.ok(Math.abs(error()) < 1);
  assert.ok(backend.playing);
  assert.ok(Math.abs((backend.positionMs ?? 0) - positionMs(backend.play, now())) < 1);
});

test("a file that comes late begins where the room is by then", async () => {
  await loaded(30_000, { loadMs: 3000 });
  backend.begin();
  await pass(2900);
  assert.deepEqual([audio.heard, backend.playing, backend.positionMs], [[], false, null]);
  await pass(600);

  assert.ok(Math.abs(error()) < 1);
});

test("two crystals are kept together by the rate alone", async () => {
  for (const skew of [200e-6, -200e-6]) {
    await loaded(0, { skew });
    backend.begin();
    await pass(1000);
    const errors: number[] = [];
    await pass(120_000, () => errors.push(Math.abs(error())));

    assert.ok(Math.max(...errors) < 4, `expected less than 4 ms, got ${Math.max(...errors)}`);
    assert.equal(backend.seeks, 0);
    backend.dispose();
  }
});

test("a rate that changes is not taken for a jump where the output is late", async () => {
  await loaded(0, { skew: 300e-6, latencyMs: 250 });
  backend.begin();
  await pass(1000);
  const measured: number[] = [];
  await pass(60_000, () => measured.push(Math.abs((backend.positionMs ?? 0) - (audio.heard[0] ?? 0))));

  assert.ok(Math.max(...measured) < 1, `expected to know the place to 1 ms, got ${Math.max(...measured)}`);
  assert.equal(backend.seeks, 0);
});

test("another output that is later is made up for by one jump, without a gap or an overlap", async () => {
  await loaded(0);
  backend.begin();
  await pass(3000);
  audio.moveTo(180);
  const sounds: number[] = [];
  await pass(5000, () => sounds.push(audio.heard.length));

  assert.equal(backend.seeks, 1);
  assert.ok(Math.abs(error()) < 3);
  assert.deepEqual(new Set(sounds), new Set([1]));
});

test("the same file at another time goes over in one cut", async () => {
  await loaded(0);
  backend.begin();
  await pass(3000);
  backend.retime({ ...backend.play, started_at_ms: backend.play.started_at_ms - 20_000 });
  const sounds: number[] = [];
  await pass(1000, () => sounds.push(audio.heard.length));

  assert.ok(Math.abs(error()) < 1);
  assert.deepEqual(new Set(sounds), new Set([1]));
});

test("where the browser refuses to make a sound, one press does, and in place", async () => {
  await loaded(10_000, { refuses: true });
  backend.begin();
  await pass(3000);
  assert.deepEqual([told, audio.heard, backend.playing], [["blocked"], [], false]);

  audio.gesture = true;
  backend.unblock();
  await pass(500);
  assert.equal(told.at(-1), "playing");
  assert.ok(Math.abs(error()) < 1);
});

test("a browser that cannot tell what is heard is believed its latency", async () => {
  await loaded(0, { mute: true, latencyMs: 40 });
  backend.begin();
  await pass(1000);

  assert.ok(Math.abs(error()) < 1);
});

test("a file that may not be read, or cannot be decoded, is left to another way of playing", async () => {
  for (const habits of [{ status: 404 }, { broken: true }]) {
    await loaded(0, habits);
    await pass(20);

    assert.equal(unreadable.pop(), backend.play);
    backend.dispose();
  }
});

test("what is over before its file came asks nobody else to play it", async () => {
  await loaded(0, { loadMs: 1000 });
  backend.begin();
  backend.dispose();
  await pass(2000);

  assert.deepEqual([unreadable, audio.sources.length, audio.connected], [[], 0, false]);
});

test("loudness is the gain's", async () => {
  await loaded(0);
  backend.setVolume(0.4, false);
  assert.equal(audio.gain.gain.value, 0.4);
  backend.setVolume(0.4, true);

  assert.equal(audio.gain.gain.value, 0);
});
