// Changes that come faster than anybody can follow are drawn together.

/** In a flood the page draws so often: what is read and typed meanwhile must not wait. */
const FLOOD_STEP_MS = 100;

/**
 * Return a way to ask for `work`. A single call runs before the next frame; while calls keep coming,
 * it runs ten times a second. A hidden page has no frames, and music plays on in it: there it runs
 * at once.
 */
export function paced(work: () => void): () => void {
  let due = false;
  let last = -FLOOD_STEP_MS;
  const run = (): void => {
    if (!due) return;
    due = false;
    last = performance.now();
    work();
  };
  document.addEventListener("visibilitychange", run);
  return () => {
    if (due) return;
    if (document.visibilityState === "hidden") return work();
    due = true;
    const rest = last + FLOOD_STEP_MS - performance.now();
    if (rest <= 0) requestAnimationFrame(run);
    else setTimeout(() => requestAnimationFrame(run), rest);
  };
}
