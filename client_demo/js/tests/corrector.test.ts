import assert from "node:assert/strict";
import { test } from "node:test";
import { Corrector, type Correction } from "../src/media/corrector.ts";
import { elementProfile, HTML5, STEPWISE, YOUTUBE } from "../src/media/profiles.ts";

const LATE = 10_000;

/** What a corrector that runs for a while already does about an error that stays. */
function about(error: number, profile = HTML5): Correction {
  const corrector = new Corrector(profile);
  corrector.add(0, 0);
  let correction: Correction = { kind: "none" };
  for (let i = 0; i < 5; i++) correction = corrector.add(error, LATE + i * 100);
  return correction;
}

test("small errors are left, larger ones nudged by at most one percent, then five, great ones sought", () => {
  assert.deepEqual(about(2), { kind: "rate", rate: 1 });
  assert.deepEqual(about(8), { kind: "rate", rate: 0.992 });
  assert.deepEqual(about(-8), { kind: "rate", rate: 1.008 });
  assert.deepEqual(about(60), { kind: "rate", rate: 0.99 });
  assert.deepEqual(about(-250), { kind: "rate", rate: 1.05 });
  assert.deepEqual(new Corrector(HTML5).add(301, 0), { kind: "seek" });
});

test("the first seconds may correct twice as fast", () => {
  const corrector = new Corrector(HTML5);

  assert.deepEqual(corrector.add(50, 0), { kind: "rate", rate: 0.98 });
});

test("who has just arrived is brought in firmly, once", () => {
  const corrector = new Corrector(HTML5);
  corrector.restart(true);

  assert.deepEqual(corrector.add(50, 0), { kind: "rate", rate: 0.95 });
  assert.deepEqual(corrector.add(50, 4000), { kind: "rate", rate: 0.95 });
  for (let i = 0; i < 5; i++) corrector.add(0, 5000 + i);
  for (let i = 0; i < 4; i++) corrector.add(50, 6000 + i);
  assert.deepEqual(corrector.add(50, 6010), { kind: "rate", rate: 0.99 });
});

test("a first start that missed by far is sought once more, then only nudged", () => {
  const corrector = new Corrector(HTML5);
  corrector.restart(true);

  assert.deepEqual(corrector.add(-217, 0), { kind: "seek" });
  assert.deepEqual(corrector.add(-120, 500), { kind: "rate", rate: 1.05 });
});

test("a correction goes on until it has settled", () => {
  const corrector = new Corrector(HTML5);
  corrector.add(0, 0);
  for (let i = 0; i < 5; i++) corrector.add(20, LATE + i);
  for (let i = 5; i < 10; i++) corrector.add(4, LATE + i);

  assert.deepEqual(corrector.add(4, LATE + 10), { kind: "rate", rate: 0.996 });
  for (let i = 11; i < 15; i++) corrector.add(0.5, LATE + i);
  assert.deepEqual(corrector.add(0.5, LATE + 15), { kind: "rate", rate: 1 });
});

test("one outlier among five moves nothing", () => {
  const corrector = new Corrector(HTML5);
  for (let i = 0; i < 5; i++) corrector.add(0, i);

  assert.deepEqual(corrector.add(900, 5), { kind: "rate", rate: 1 });
});

test("seeks cool down, and longer when they do not help", () => {
  const corrector = new Corrector(HTML5);
  const sought = [];
  for (let now = 0; now < 60_000; now += 100) if (corrector.add(900, now).kind === "seek") sought.push(now);

  assert.deepEqual(sought.slice(0, 4), [0, 2000, 4000, 8000]);
  assert.ok(corrector.struggling);
  assert.ok(sought.length < 10, `${sought.length} seeks in a minute`);
});

test("a device that cannot keep up is only held to a quarter of a second", () => {
  const corrector = new Corrector(HTML5);
  for (let now = 0; now < 60_000; now += 100) corrector.add(900, now);
  for (let i = 0; i < 5; i++) corrector.add(200, 60_000 + i);

  assert.deepEqual(corrector.add(200, 60_010), { kind: "rate", rate: 1 });
});

test("every profile that seeks from an error on never nudges beyond it, nor faster than 0.05", () => {
  for (const profile of [HTML5, STEPWISE, YOUTUBE]) {
    for (let error = -3000; error <= 3000; error += 7) {
      const correction = about(error, profile);
      if (correction.kind === "rate") assert.ok(Math.abs(correction.rate - 1) < 0.0501, `${profile.player} ${error}`);
      else assert.ok(Math.abs(error) > profile.seekMs);
    }
  }
  assert.deepEqual(about(39, STEPWISE), { kind: "rate", rate: 1 });
});

test("Safari is corrected in steps, everything else by its rate", () => {
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";

  assert.equal(elementProfile(`${mac} Version/17.4 Safari/605.1.15`), STEPWISE);
  assert.equal(elementProfile(`${mac} Chrome/126.0.0.0 Safari/537.36`), HTML5);
  assert.equal(elementProfile("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/156.0.0.0 Safari/537.36"), HTML5);
  assert.equal(elementProfile("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"), HTML5);
});
