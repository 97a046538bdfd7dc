import assert from "node:assert/strict";
import { test } from "node:test";
import { Device, type Memory } from "../src/media/device.ts";

function memory(): Memory & { held: Map<string, string> } {
  const held = new Map<string, string>();
  return { held, getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) };
}

test("a latency moves towards what was measured, and is kept for the next visit", () => {
  const kept = memory();
  const device = new Device(kept);
  assert.equal(device.latencyMs("html5", "cold"), 100);
  device.learn("html5", "cold", -40, 0.5);
  device.learn("html5", "seek", 15, 0.5);

  const again = new Device(kept);
  assert.equal(again.latencyMs("html5", "cold"), 120);
  assert.equal(again.latencyMs("html5", "seek"), 107.5);
  assert.equal(again.latencyMs("webaudio", "cold"), 100);
});

test("a latency stays between nothing and 0.8 s", () => {
  const device = new Device(memory());
  for (let i = 0; i < 30; i++) device.learn("html5", "cold", -5000, 0.5);
  assert.equal(device.latencyMs("html5", "cold"), 800);
  for (let i = 0; i < 30; i++) device.learn("html5", "cold", 5000, 0.5);
  assert.equal(device.latencyMs("html5", "cold"), 0);
});

test("the nudge is kept, within half a second", () => {
  const kept = memory();
  new Device(kept).nudgeMs = 180;
  assert.equal(new Device(kept).nudgeMs, 180);
  new Device(kept).nudgeMs = -9000;
  assert.equal(new Device(kept).nudgeMs, -500);
  new Device(kept).nudgeMs = Number.NaN;
  assert.equal(new Device(kept).nudgeMs, 0);
});

test("a memory that holds nonsense, or refuses, is no obstacle", () => {
  for (const text of ["", "nonsense", "[1]", '{"nudge_ms":"x","latencies":{"html5":{"cold":"fast"}}}', "null"]) {
    const kept = memory();
    kept.held.set("roomserver.device", text);
    assert.equal(new Device(kept).latencyMs("html5", "cold"), 100);
    assert.equal(new Device(kept).nudgeMs, 0);
  }
  const full = { getItem: () => null, setItem: () => { throw new Error("quota"); } };
  const device = new Device(full);
  device.nudgeMs = 20;
  assert.equal(device.nudgeMs, 20);
});
