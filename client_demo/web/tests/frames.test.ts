import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { paced } from "../src/app/frames.ts";

/** A page of which the test is the screen and the clock. */
class Screen {
  now = 0;
  visibilityState = "visible";
  private readonly waiting: { at: number; work: () => void }[] = [];
  private seen: () => void = () => undefined;

  constructor() {
    const after = (work: () => void, ms: number): number => this.waiting.push({ at: this.now + ms, work });
    const document = { addEventListener: (_: string, seen: () => void) => (this.seen = seen) };
    Object.defineProperty(document, "visibilityState", { get: () => this.visibilityState });
    Object.assign(globalThis, { document, requestAnimationFrame: (work: () => void) => after(work, 16), setTimeout: after });
    Object.defineProperty(performance, "now", { configurable: true, value: () => this.now });
  }

  hide(): void {
    this.visibilityState = "hidden";
    this.seen();
  }

  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      for (const due of this.waiting.filter(({ at }) => at <= this.now)) {
        this.waiting.splice(this.waiting.indexOf(due), 1);
        due.work();
      }
    }
  }
}

let screen: Screen;
let drawn: number[];
let ask: () => void;

beforeEach(() => {
  screen = new Screen();
  drawn = [];
  ask = paced(() => drawn.push(screen.now));
});

test("a single change is drawn with the next frame", () => {
  screen.pass(1000);
  ask();
  screen.pass(50);
  assert.deepEqual(drawn, [1016]);
});

test("changes of one moment are drawn once", () => {
  for (let i = 0; i < 20; i++) ask();
  screen.pass(50);
  assert.equal(drawn.length, 1);
});

test("a flood is drawn some ten times a second, and its end is not lost", () => {
  for (let i = 0; i < 200; i++) {
    ask();
    screen.pass(5);
  }
  const during = drawn.length;
  screen.pass(500);
  assert.ok(during >= 7 && during <= 11, `${during} times in a second`);
  assert.equal(drawn.length, during + 1);
});

test("a hidden page, which has no frames, is told at once", () => {
  screen.hide();
  ask();
  assert.equal(drawn.length, 1);
});

test("what waits for a frame when the page is hidden does not wait for its return", () => {
  ask();
  screen.hide();
  assert.equal(drawn.length, 1);
});
