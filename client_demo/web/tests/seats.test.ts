import assert from "node:assert/strict";
import { test } from "node:test";
import { capacity, floorOf, seats } from "../src/app/seats.ts";

const FLOORS = [
  [1000, 180],
  [700, 100],
  [360, 92],
  [300, 60],
].map(([width, height]) => floorOf(width ?? 0, height ?? 0));

test("nobody stands outside of the floor, however many come", () => {
  for (const floor of FLOORS) {
    for (const count of [1, 2, 3, 7, 20, 50, 500]) {
      for (const { x, row } of seats(count, floor)) {
        assert.ok(x > 0 && x < floor.width, `x ${x} of ${floor.width} with ${count} people`);
        assert.ok(row >= 0 && row < floor.rows);
      }
    }
  }
});

test("as many get a place as fit, and no more", () => {
  for (const floor of FLOORS) {
    assert.equal(seats(1000, floor).length, capacity(floor));
    assert.equal(seats(2, floor).length, 2);
  }
});

test("no two people of a row stand on the same spot", () => {
  for (const floor of FLOORS) {
    const spots = seats(capacity(floor), floor).map(({ x, row }) => `${row} ${Math.round(x)}`);
    assert.equal(new Set(spots).size, spots.length);
  }
});

test("one person alone stands in the middle of the front row", () => {
  assert.deepEqual(seats(1, floorOf(800, 180)), [{ x: 400, row: 0 }]);
});

test("a floor without a size yet has room for one, not for none", () => {
  assert.equal(capacity(floorOf(0, 0)), 1);
});
