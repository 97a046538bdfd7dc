import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Device } from "../src/media/device.ts";
import { positionMs } from "../src/media/timing.ts";
import { YouTubeBackend } from "../src/media/youtube.ts";
import type { Play } from "../src/protocol.ts";
import { EmbedPage, type EmbedHabits, type FakeEmbed } from "./embed.ts";
import { media, play } from "./world.ts";

const SERVER = 1_000_000;
const NEVER = { getItem: () => null, setItem: () => undefined };
let told: string[];
let page: EmbedPage;
let device: Device;
let backend: YouTubeBackend;

function now(): number {
  return SERVER + Date.now();
}

function video(started_at_ms: number): Play {
  return { ...play("p", undefined, started_at_ms), media: { ...media(), source: "youtube", source_id: "dQw4w9WgXcQ" }, duration_ms: 600_000 };
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  told = [];
  device = new Device(NEVER);
});
afterEach(() => {
  backend.dispose();
  mock.timers.reset();
});

/** Begin with a video that has been on for so long, in an embed with these habits. */
function begun(sinceMs: number, habits: EmbedHabits = {}): FakeEmbed {
  page = new EmbedPage(habits);
  page.install();
  const events = {
    blocked: () => void told.push("blocked"),
    playing: () => void told.push("playing"),
    failed: (message: string, problem: string | null) => void told.push(`${problem}: ${message}`),
  };
  backend = new YouTubeBackend(video(now() - sinceMs), page as never, { now, device, events });
  backend.begin();
  page.frame.loaded();
  return page.frame;
}

/** Let time pass as the room's player does, looking ten times a second. */
function pass(ms: number): void {
  for (let at = 0; at < ms; at += 100) {
    mock.timers.tick(100);
    backend.tick();
  }
}

/** How far ahead of the room the video really is. */
function error(frame: FakeEmbed): number {
  return frame.position - positionMs(backend.play, now());
}

test("the embed comes from the host without cookies, begins where the room is, and may be steered from here", () => {
  const frame = begun(61_400);

  assert.equal(new URL(frame.src).origin + new URL(frame.src).pathname, "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ");
  assert.deepEqual([frame.query.get("start"), frame.query.get("enablejsapi"), frame.query.get("origin")], ["61", "1", "http://host"]);
  assert.equal(frame.referrerPolicy, "strict-origin-when-cross-origin");
});

test("loudness that was set before the frame was there is what it begins with", () => {
  const frame = begun(0);
  backend.setVolume(0.4, true);

  assert.deepEqual([frame.volume, frame.muted], [40, true]);
});

test("what took a second to begin is caught up by the rate, without a seek", () => {
  const frame = begun(60_000, { startMs: 1200 });
  pass(2000);
  assert.ok(error(frame) < -1000);
  pass(40_000);

  assert.ok(Math.abs(error(frame)) < 130, `expected at most 130 ms, got ${error(frame)}`);
  assert.equal(backend.seeks, 0);
  assert.ok(told.includes("playing"));
});

test("what is in place is left alone", () => {
  const frame = begun(60_000);
  pass(20_000);

  assert.deepEqual(frame.commands.filter((command) => command === "setPlaybackRate" || command === "seekTo"), []);
  assert.ok(Math.abs(backend.errorMs ?? Infinity) < 130);
});

test("where the frame takes no rate, it is sought, early by what seeks cost", () => {
  const frame = begun(60_000, { startMs: 1500, seekMs: 700, rates: [1] });
  pass(60_000);

  assert.ok(Math.abs(error(frame)) < 400, `expected at most 400 ms, got ${error(frame)}`);
  assert.ok(backend.seeks >= 1 && backend.seeks <= 3, `expected one to three seeks, got ${backend.seeks}`);
  assert.ok(device.latencyMs("youtube", "seek") > 115, "the device learned that its seeks are slow");
});

test("a seek that lands on a keyframe is put right by a second one, in what was downloaded meanwhile", () => {
  const frame = begun(60_000, { startMs: 3000, seekMs: 200, rates: [1], keyframeMs: 5000 });
  pass(20_000);

  assert.ok(Math.abs(error(frame)) < 400, `expected at most 400 ms, got ${error(frame)}`);
  assert.ok(backend.seeks <= 3, `expected at most three seeks, got ${backend.seeks}`);
});

test("where no seek ever lands right, it is tried less and less, and told", () => {
  begun(60_000, { startMs: 3000, seekMs: 200, rates: [1], missesMs: 3000 });
  pass(120_000);
  const before = backend.seeks;
  assert.ok(backend.struggling);
  pass(60_000);

  assert.ok(backend.seeks - before <= 2, `expected at most two seeks in a minute, got ${backend.seeks - before}`);
});

test("an advertisement is waited for, and what it cost is made up after it", () => {
  const frame = begun(60_000);
  pass(5000);
  frame.advertise(15_000);
  pass(14_000);
  assert.equal(backend.seeks, 0);
  pass(15_000);

  assert.ok(backend.seeks >= 1);
  assert.ok(Math.abs(error(frame)) < 250, `expected at most 250 ms, got ${error(frame)}`);
});

test("running out of data is a stall, a seek of our own is none", () => {
  const frame = begun(60_000, { seekMs: 300 });
  pass(3000);
  frame.stall(2500);
  pass(20_000);

  assert.equal(backend.seeks, 1);
  assert.equal(backend.stalls, 1);
});

test("where the browser refuses to begin, one press does", () => {
  const frame = begun(60_000, { refuses: true });
  pass(3000);
  assert.deepEqual(told, ["blocked"]);
  assert.equal(backend.playing, false);

  frame.gesture = true;
  backend.unblock();
  pass(10_000);
  assert.equal(told.at(-1), "playing");
  assert.ok(Math.abs(error(frame)) < 250);
});

test("what cannot be played is told in words, and by its reason", () => {
  const frame = begun(0);
  for (const code of [100, 101, 150, 5]) frame.fail(code);

  assert.deepEqual(told.filter((one) => one.includes(":")).map((one) => one.split(":")[0]), ["unavailable", "blocked", "blocked", "error"]);
});

test("only the own frame is believed, and only what can be read", () => {
  const frame = begun(60_000);
  pass(1000);
  const before = backend.positionMs;
  const lie = { event: "infoDelivery", info: { currentTime: 5, playerState: 2 } };
  page.say(frame.contentWindow, lie, "https://evil.example");
  page.say({}, lie);
  for (const hear of page.hearers) hear({ origin: "https://www.youtube-nocookie.com", source: frame.contentWindow, data: "no JSON" });

  assert.equal(backend.positionMs, before);
  assert.equal(backend.playing, true);
});

test("the same video at another time is sought there", () => {
  const frame = begun(60_000);
  pass(3000);
  backend.retime({ ...backend.play, started_at_ms: backend.play.started_at_ms - 90_000 });
  pass(10_000);

  assert.ok(Math.abs(error(frame)) < 250, `expected at most 250 ms, got ${error(frame)}`);
});

test("nothing is left of what is over", () => {
  const frame = begun(0);
  backend.dispose();

  assert.ok(frame.removed);
  assert.equal(page.hearers.size, 0);
});
