// On a device that cannot draw the stage's movement in time, the stage stands still: reading and
// typing come first. Only ornament stops; who woots still dances.
import { signal } from "@preact/signals";

/** Whether ornament rests. */
export const calm = signal(false);

const FIRST_LOOK_MS = 4000;
const LOOK_EVERY_MS = 20_000;
const FRAMES = 30;
/** A frame takes 16.7 ms at 60 Hz; from here on movement is no pleasure to look at either. */
const SLOW_FRAME_MS = 28;
/** Once may be a page that still loads, or another program's burst. */
const SLOW_LOOKS = 2;

/** Look at a few frames now and then, until it is known that this device is slow. */
export function startCalm(): void {
  let slow = 0;
  const look = async (): Promise<void> => {
    if (document.visibilityState === "hidden") return void setTimeout(look, LOOK_EVERY_MS);
    slow = (await frameMs()) > SLOW_FRAME_MS ? slow + 1 : 0;
    calm.value = slow >= SLOW_LOOKS;
    if (!calm.value) setTimeout(look, slow > 0 ? FIRST_LOOK_MS : LOOK_EVERY_MS);
  };
  setTimeout(look, FIRST_LOOK_MS);
}

/** What a frame takes now. */
function frameMs(): Promise<number> {
  return new Promise((resolve) => {
    const began = performance.now();
    let left = FRAMES;
    const next = (): void => {
      if (left-- > 0) requestAnimationFrame(next);
      else resolve((performance.now() - began) / FRAMES);
    };
    requestAnimationFrame(next);
  });
}
