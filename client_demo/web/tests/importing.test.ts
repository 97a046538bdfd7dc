import assert from "node:assert/strict";
import { test } from "node:test";
import { namedItem, readLists, splitItems, withoutPath } from "../src/app/importing";

const item = (n: number): object => ({ source: "youtube", source_id: "dQw4w9WgXcQ", title: `Track ${n}`, duration_ms: 1000 });
const plug = { id: 1, format: 1, cid: "dQw4w9WgXcQ", author: "Rick", title: "Never", image: "//img/x.jpg", duration: 212 };

test("open JSON is read as it is", () => {
  const items = [item(1), item(2)];

  assert.deepEqual(readLists(JSON.stringify({ name: "Mine", items }), "file"), [{ name: "Mine", items }]);
  assert.deepEqual(readLists(JSON.stringify(items), "file"), [{ name: "file", items }]);
});

test("plug.dj exports are found, whichever way they are wrapped", () => {
  const shapes = [{ data: [plug] }, { playlists: { A: [plug] } }, { playlists: [{ name: "A", media: [plug] }] }, [{ name: "A", items: [plug] }]];

  for (const shape of shapes) assert.deepEqual(readLists(JSON.stringify(shape), "A"), [{ name: "A", items: [plug] }]);
});

test("a file without tracks says so", () => {
  assert.throws(() => readLists("{", "x"), /not JSON/);
  assert.throws(() => readLists("{}", "x"), /no tracks/);
  assert.throws(() => readLists('{"items":[]}', "x"), /no tracks/);
});

test("parts fit a request, hold at most a hundred items, and lose none", () => {
  const items = Array.from({ length: 250 }, (_, n) => ({ ...item(n), title: "é".repeat(100) }));

  const parts = splitItems("x", items);

  assert.ok(parts.every((part) => new TextEncoder().encode(part.text).length < 16 * 1024 - 500 && part.count <= 100));
  assert.deepEqual(parts.flatMap((part) => (JSON.parse(part.text) as { items: unknown[] }).items), items);
  assert.deepEqual(parts.map((part) => part.from), parts.map((_, n) => parts.slice(0, n).reduce((sum, part) => sum + part.count, 0)));
});

test("small items go by the hundred, and a split may begin in the middle", () => {
  const items = Array.from({ length: 205 }, (_, n) => item(n));

  assert.deepEqual(splitItems("x", items, 0, 1e6).map((part) => [part.from, part.count]), [[0, 100], [100, 100], [200, 5]]);
  assert.deepEqual(splitItems("x", items, 150, 1e6).map((part) => [part.from, part.count]), [[150, 55]]);
});

test("an item too big for a request is sent alone, for the server to name it", () => {
  const parts = splitItems("x", [item(1), { huge: "x".repeat(20_000) }, item(2)]);

  assert.deepEqual(parts.map((part) => part.count), [1, 1, 1]);
});

test("the item that an error names is counted in the whole file", () => {
  const part = { from: 100, count: 50, text: "" };

  assert.equal(namedItem(part, "items[7].title", ""), 107);
  assert.equal(namedItem(part, "text", "items[7].title: expected a text, got nothing"), 107);
  assert.equal(withoutPath("items[7].title: expected a text"), "title: expected a text");
  assert.equal(withoutPath("expected JSON"), "expected JSON");
  assert.equal(namedItem(part, null, "something else"), 100);
  assert.equal(namedItem(part, "items[70]", ""), 149);
});
