// How long a direct URL plays, asked of the browser itself before the link goes into a playlist.

const PATIENCE_MS = 15_000;

/** Return the duration in ms. Rejects with a sentence for people. */
export function measureDuration(url: string, video: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const element = document.createElement(video ? "video" : "audio");
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      element.removeAttribute("src");
      element.load();
      settle();
    };
    const timer = setTimeout(
      () => finish(() => reject(new Error("The file did not answer in time, so its length is unknown."))),
      PATIENCE_MS,
    );
    element.preload = "metadata";
    element.onloadedmetadata = () => {
      const { duration } = element;
      if (Number.isFinite(duration) && duration >= 1) finish(() => resolve(Math.round(duration * 1000)));
      else finish(() => reject(new Error("This is a stream without an end, or shorter than a second.")));
    };
    element.onerror = () =>
      finish(() => reject(new Error("Your browser cannot play this link. Is it a direct link to an audio or video file?")));
    element.src = url;
  });
}
