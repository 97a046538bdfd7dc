import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, completed } from "../src/app/completion.ts";

const NAMES = ["ann", "Anton", "bob", "joann", "Tomás", "staff"];

test("the word behind an @ is completed, beginnings before middles, in any case", () => {
  assert.deepEqual(complete("hi @AN", 6, NAMES)?.names, ["ann", "Anton", "joann"]);
});

test("a bare @ offers everybody, a word without one nobody", () => {
  assert.deepEqual(complete("@", 1, NAMES)?.names, NAMES);
  assert.equal(complete("ann", 3, NAMES), null);
});

test("an address is no name: the @ begins a word", () => {
  assert.equal(complete("mail@an", 7, NAMES), null);
});

test("names may hold letters of any script", () => {
  assert.deepEqual(complete("@tomá", 5, NAMES)?.names, ["Tomás"]);
});

test("what matches nobody, or is written to its end, offers nothing", () => {
  assert.equal(complete("@zzz", 4, NAMES), null);
  assert.equal(complete("@bob", 4, NAMES), null);
});

test("only what stands before the caret counts, and what stands behind it stays", () => {
  const found = complete("@bo what", 3, NAMES);
  assert.ok(found);
  assert.deepEqual(completed("@bo what", found, "bob"), { text: "@bob what", caret: 5 });
});
