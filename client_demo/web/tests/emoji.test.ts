import assert from "node:assert/strict";
import { test } from "node:test";
import { EMOJI, findEmoji } from "../src/app/emoji.ts";

const ALL = EMOJI.flatMap(([, set]) => set);

test("every emoji is one picture with a name of its own in its group", () => {
  const segments = new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const [group, set] of EMOJI) {
    for (const { text, name } of set) {
      assert.equal([...segments.segment(text)].length, 1, `${text} in ${group}`);
      assert.match(name, /^[a-z][a-z ]+$/);
    }
    assert.equal(new Set(set.map(({ name }) => name)).size, set.length, group);
  }
  assert.equal(new Set(ALL.map(({ text }) => text)).size, ALL.length);
});

test("emoji are found by any part of their name", () => {
  assert.deepEqual(findEmoji(" Headph ").map(({ text }) => text), ["🎧"]);
  assert.deepEqual(findEmoji("no such thing"), []);
});
