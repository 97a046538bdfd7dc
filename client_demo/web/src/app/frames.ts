// Changes that come faster than a screen shows them are drawn together.

/**
 * Return a way to ask for `work`, which then runs once before the next frame, however often it was
 * asked for. A hidden page has no frames, and music plays on in it: there it runs at once.
 */
export function perFrame(work: () => void): () => void {
  let due = false;
  const run = (): void => {
    if (!due) return;
    due = false;
    work();
  };
  document.addEventListener("visibilitychange", run);
  return () => {
    if (due) return;
    if (document.visibilityState === "hidden") return work();
    due = true;
    requestAnimationFrame(run);
  };
}
