import assert from "node:assert/strict";
import { test } from "node:test";
import { lookedUp, NO_DRAFT, rewritten } from "../src/app/draft.ts";

const RICK = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
const ZOO = "https://youtu.be/jNQXAC9IVRw";

test("another video's link empties title and length, so that nothing is saved under the wrong ones", () => {
  const known = lookedUp(rewritten(NO_DRAFT, RICK), { source: "youtube", source_id: "dQw4w9WgXcQ", title: "Never", duration_ms: 213_000 });
  assert.deepEqual([known.title, known.typed], ["Never", "3:33"]);

  const { title, typed } = rewritten(known, ZOO);

  assert.deepEqual([title, typed], ["", ""]);
});

test("what was typed for a link stays while it leads to the same video", () => {
  const typed = { ...rewritten(NO_DRAFT, RICK), title: "Mine", typed: "1:00" };

  for (const text of [`${RICK}&t=30`, "https://youtu.be/dQw4w9WgXcQ"]) assert.equal(rewritten(typed, text).title, "Mine");
  assert.deepEqual([lookedUp(typed, null).title, lookedUp(typed, null).typed], ["Mine", "1:00"]);
  assert.equal(rewritten(rewritten(typed, ""), RICK).typed, "1:00", "a link that was cut and pasted again is the same");
});

test("a file's name is no video's title, also when the file could not be measured", () => {
  const failed = { ...rewritten(NO_DRAFT, "https://x.example/gone.mp3"), length: { kind: "failed" as const, why: "gone" } };
  assert.equal(failed.title, "gone");

  const next = rewritten(failed, RICK);

  assert.deepEqual([next.title, next.length.kind], ["", "measuring"]);
});
