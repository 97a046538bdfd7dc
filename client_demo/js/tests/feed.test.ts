import assert from "node:assert/strict";
import { test } from "node:test";
import { EventsLost, Feed } from "../src/feed.ts";

test("values come in order, those before the first read too, until the end", async () => {
  const feed = new Feed<number>(() => undefined);
  feed.push(1);
  const read: number[] = [];
  const reading = (async () => {
    for await (const value of feed) read.push(value);
  })();
  await Promise.resolve();
  feed.push(2);
  feed.push(3);
  feed.end();
  await reading;

  assert.deepEqual(read, [1, 2, 3]);
});

test("who stops reading is forgotten", async () => {
  let forgotten = 0;
  const feed = new Feed<number>(() => (forgotten += 1));
  feed.push(1);
  for await (const _ of feed) break;

  assert.equal(forgotten, 1);
});

test("a reader that is ten thousand behind is told, not fed with a hole", async () => {
  const feed = new Feed<number>(() => undefined);
  for (let i = 0; i <= 10_000; i++) feed.push(i);

  await assert.rejects(feed.next(), EventsLost);
});
