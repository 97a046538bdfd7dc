import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpan, parseSpan, roughSpan } from "../src/app/spans";

const MIN = 60_000;

test("spans are read the ways that people write them", () => {
  const read: [string, number][] = [
    ["10:00", 10 * MIN], ["1:02:03", 3723_000], ["30 s", 30_000], ["30s", 30_000], ["2 h", 120 * MIN], ["1h 30m", 90 * MIN],
    ["1 h 30 min", 90 * MIN], ["1.5 h", 90 * MIN], ["1,5 h", 90 * MIN], ["3 days", 3 * 1440 * MIN], ["1 week", 7 * 1440 * MIN],
    ["OFF", 0], ["", 0], ["0", 0], [" never ", 0],
  ];

  for (const [text, ms] of read) assert.equal(parseSpan(text), ms, text);
});

test("what is no span is refused", () => {
  for (const text of ["soon", "10", "10:99", "5 parsecs", "1 h and a bit", "-5 min", "1:2:3:4"]) assert.equal(parseSpan(text), null, text);
});

test("what is written can be read back", () => {
  for (const ms of [0, 1000, 45_000, 10 * MIN, 90 * MIN, 1440 * MIN, 1440 * MIN + 61_000, 30 * 1440 * MIN]) assert.equal(parseSpan(formatSpan(ms)), ms);
  assert.equal(formatSpan(90 * MIN), "1 h 30 min");
  assert.equal(formatSpan(0), "off");
});

test("rough spans are one number", () => {
  assert.deepEqual([500, 40_000, 12 * MIN, 180 * MIN, 3 * 1440 * MIN].map(roughSpan), ["1 s", "40 s", "12 min", "3 h", "3 days"]);
});
