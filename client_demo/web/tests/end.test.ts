import assert from "node:assert/strict";
import { test } from "node:test";
import { End } from "../src/app/end.ts";

const LINES = 2000;

/** A log of `height` px at a place; the end of its lines is at `scrollHeight`. */
function at(scrollTop: number, clientHeight = 500, scrollHeight = LINES): { scrollTop: number; clientHeight: number; scrollHeight: number } {
  return { scrollTop, clientHeight, scrollHeight };
}

function atItsEnd(): End {
  const end = new End();
  end.look(at(1500));
  return end;
}

test("a window made smaller does not take its reader from the end, whenever the scroll event comes", () => {
  const end = atItsEnd();

  assert.equal(end.look(at(1500, 220)), true);
  assert.equal(end.look(at(1499, 100)), true);
});

test("lines that come between a scroll and its event do not take the reader from the end", () => {
  const end = atItsEnd();

  assert.equal(end.look(at(1500, 500, LINES + 700)), true);
});

test("a reader who goes up leaves the end, also while lines come and the window shrinks", () => {
  for (const place of [at(1400), at(1400, 500, LINES + 700), at(1400, 300)]) {
    const end = atItsEnd();

    assert.equal(end.look(place), false);
    assert.equal(end.isReached, false);
  }
});

test("going up in small steps leaves the end as well", () => {
  const end = atItsEnd();
  const seen = [1480, 1460, 1441, 1430].map((top) => end.look(at(top)));

  assert.deepEqual(seen, [true, true, true, false]);
});

test("lines that are taken out, and a window made larger, leave the reader at the end", () => {
  const end = atItsEnd();

  assert.equal(end.look(at(900, 500, 1400)), true);
  assert.equal(end.look(at(600, 800, 1400)), true);
  assert.equal(end.look(at(600, 300, 1400)), true);
});

test("who reads back is at the end again only by going there", () => {
  const end = atItsEnd();
  end.look(at(700));
  assert.equal(end.look(at(700, 220)), false);
  assert.equal(end.look(at(1100)), false);

  assert.equal(end.look(at(1450)), true);
});

test("a press on the way back holds although the log has not moved yet", () => {
  const end = atItsEnd();
  end.look(at(0));
  end.reach();

  assert.equal(end.look(at(0)), true);
});

test("a log that is not shown changes nothing", () => {
  const end = atItsEnd();
  end.look(at(100));

  assert.equal(end.look(at(0, 0, 0)), false);
});
