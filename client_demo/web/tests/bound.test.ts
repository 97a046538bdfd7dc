import assert from "node:assert/strict";
import { test } from "node:test";
import { stillIn } from "../src/app/bound.ts";
import { closer, dialog } from "../src/app/dialogs.ts";

test("what was opened for one room acts there or nowhere", () => {
  const [one, other] = [{ ref: "room" }, { ref: "room" }];

  assert.equal(stillIn(one, one), one);
  assert.throws(() => stillIn(one, other), /left that room/, "not even in a room entered again");
  assert.throws(() => stillIn(one, null), /Nothing was sent/);
  assert.throws(() => stillIn(null, null), /Nothing was sent/);
});

test("an answer that comes late closes its own dialog only", () => {
  dialog.value = { kind: "settings" };
  const close = closer();
  dialog.value = { kind: "history" };
  close();

  assert.deepEqual(dialog.value, { kind: "history" });
  closer()();
  assert.equal(dialog.value, null);
});
