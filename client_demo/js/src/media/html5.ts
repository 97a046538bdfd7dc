// Direct URLs, played by the browser's own element and held to the room's clock.
import type { MediaProblem, Play } from "../protocol.ts";
import type { Backend, BackendEvents } from "./backend.ts";
import { looksLikeVideo } from "./links.ts";
import { Corrector, positionMs } from "./timing.ts";

/** How far ahead to aim a seek or a start, since sound comes later; learned per page. */
const lead = { seekMs: 60, startMs: 60 };
const LEAD_MAX_MS = 800;
const SETTLE_MS = 500;
/** Each rate write costs something on some engines; smaller changes are not worth it. */
const RATE_STEP = 0.0015;

/** A file that decodes badly is broken; all else means that it could not be had. */
function problemOf(error: MediaError | null): MediaProblem {
  return error?.code === MediaError.MEDIA_ERR_DECODE ? "error" : "unavailable";
}

export class Html5Backend implements Backend {
  private readonly element: HTMLMediaElement;
  private readonly corrector = new Corrector();
  private ignoreUntil = 0;
  private landing: "seekMs" | "startMs" | null = null;
  private begun = false;
  private disposed = false;

  constructor(
    public play: Play,
    mount: HTMLElement,
    private readonly now: () => number,
    private readonly events: BackendEvents,
  ) {
    const element = document.createElement(looksLikeVideo(play.media.source_id) ? "video" : "audio");
    element.preload = "auto";
    // With the default every rate nudge silently loses some 20 ms in Chromium.
    element.preservesPitch = false;
    if (element instanceof HTMLVideoElement) element.playsInline = true;
    element.onplaying = () => this.sounding();
    element.onloadedmetadata = () => (this.begun ? this.aim() : this.place(play.position_ms));
    element.onerror = () => {
      if (!this.disposed) events.failed("This track cannot be played here.", problemOf(element.error));
    };
    element.src = play.media.source_id;
    this.element = element;
    mount.append(element);
  }

  get playing(): boolean {
    return !this.element.paused && this.element.readyState >= 3;
  }

  get errorMs(): number | null {
    return this.corrector.errorMs;
  }

  get positionMs(): number | null {
    return this.element.readyState >= 1 ? this.element.currentTime * 1000 : null;
  }

  begin(): void {
    this.begun = true;
    if (this.element.readyState >= 1) this.aim();
    this.element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.events.blocked();
    });
  }

  tick(): void {
    const { element } = this;
    const now = this.now();
    if (!this.begun || element.seeking || element.ended || now < this.ignoreUntil) return;
    if (!this.playing || now < this.play.started_at_ms) return;
    const error = element.currentTime * 1000 - positionMs(this.play, now);
    this.learn(error);
    const correction = this.corrector.add(error, now);
    if (correction.kind === "seek") this.seek(lead.seekMs, "seekMs");
    if (correction.kind === "rate") this.rate(correction.rate * this.play.velocity);
  }

  retime(play: Play): void {
    this.play = play;
    if (this.begun && this.element.readyState >= 1) this.aim();
  }

  setVolume(volume: number, muted: boolean): void {
    this.element.volume = volume;
    this.element.muted = muted;
  }

  dispose(): void {
    this.disposed = true;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    this.element.remove();
  }

  /** Put the playhead where it belongs, unless it is there already (a preloaded start). */
  private aim(): void {
    const want = positionMs(this.play, this.now());
    if (Math.abs(this.element.currentTime * 1000 - want) > 100) this.seek(lead.startMs, "startMs");
    if (this.begun && this.element.paused) void this.element.play().catch(() => undefined);
  }

  private seek(leadMs: number, landing: "seekMs" | "startMs"): void {
    this.landing = landing;
    this.ignoreUntil = this.now() + SETTLE_MS;
    this.rate(this.play.velocity);
    this.corrector.restart();
    this.place(positionMs(this.play, this.now()) + leadMs);
  }

  private place(ms: number): void {
    if (ms > 0) this.element.currentTime = ms / 1000;
  }

  /** The first sample after a seek tells how late sound came: aim that much earlier next time. */
  private learn(error: number): void {
    if (!this.landing) return;
    lead[this.landing] = Math.min(LEAD_MAX_MS, Math.max(0, lead[this.landing] - error / 2));
    this.landing = null;
  }

  private rate(rate: number): void {
    if (Math.abs(this.element.playbackRate - rate) >= RATE_STEP) this.element.playbackRate = rate;
  }

  private sounding(): void {
    this.ignoreUntil = Math.max(this.ignoreUntil, this.now() + 200);
    this.events.playing();
  }
}
