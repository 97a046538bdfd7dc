// Direct URLs, played by the browser's own element and held to the room's clock.
import type { MediaProblem, Play } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";
import { Corrector } from "./corrector.ts";
import type { Step } from "./device.ts";
import { HTML5, type Profile } from "./profiles.ts";
import { positionMs } from "./timing.ts";

/** Behind a start the first positions are those of a decoder under way. */
const FIRST_SOUND_MS = 200;
/** A start that is not further away than this is played from its beginning. */
const ON_TIME_MS = 50;
/** A preloaded element within this of its place is not sought again. */
const IN_PLACE_MS = 100;

/** A file that decodes badly is broken; all else means that it could not be had. */
function problemOf(error: MediaError | null): MediaProblem {
  return error?.code === MediaError.MEDIA_ERR_DECODE ? "error" : "unavailable";
}

export class Html5Backend implements Backend {
  readonly kind = "html5";
  seeks = 0;
  stalls = 0;
  private readonly corrector: Corrector;
  private ignoreUntil = 0;
  /** What the next sample tells the latency of. */
  private landing: Step | null = null;
  private begun = false;
  private sounded = false;
  private disposed = false;
  private readonly volume = { level: 1, muted: false };

  constructor(
    public play: Play,
    url: string,
    private readonly element: HTMLMediaElement,
    private readonly around: Surroundings,
    private readonly profile: Profile = HTML5,
    private readonly isOurs = true,
  ) {
    this.corrector = new Corrector(profile);
    element.preload = "auto";
    keepPitchFree(element);
    element.onplaying = () => this.sounding();
    element.onwaiting = () => this.dry();
    element.onpause = () => this.paused();
    element.onloadedmetadata = () => (this.begun ? this.aim() : this.place(play.position_ms));
    element.onerror = () => {
      if (!this.disposed) around.events.failed("This track cannot be played here.", problemOf(element.error));
    };
    element.src = url;
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

  get struggling(): boolean {
    return this.corrector.struggling;
  }

  get leadMs(): number {
    return this.latency("cold");
  }

  begin(): void {
    this.begun = true;
    if (this.element.readyState >= 1) this.aim();
    this.start();
  }

  tick(): void {
    const { element } = this;
    const now = this.around.now();
    if (!this.begun || element.seeking || element.ended || !this.playing) return;
    if (now < this.ignoreUntil || now < this.play.started_at_ms) return;
    const error = element.currentTime * 1000 - positionMs(this.play, now);
    this.learn(error);
    const correction = this.corrector.add(error, now);
    if (correction.kind === "seek") this.correct();
    if (correction.kind === "rate") this.rate(correction.rate * this.play.velocity);
  }

  retime(play: Play): void {
    this.play = play;
    if (this.begun && this.element.readyState >= 1) this.aim();
  }

  setVolume(level: number, muted: boolean): void {
    Object.assign(this.volume, { level, muted });
    this.element.volume = level;
    this.element.muted = muted;
  }

  unblock(): void {
    this.element.muted = this.volume.muted;
    if (this.element.paused) this.begin();
  }

  dispose(): void {
    this.disposed = true;
    const { element } = this;
    element.onplaying = element.onwaiting = element.onpause = element.onloadedmetadata = element.onerror = null;
    element.pause();
    element.removeAttribute("src");
    element.load();
    if (this.isOurs) element.remove();
  }

  private latency(step: Step): number {
    return this.around.device.latencyMs(this.profile.player, step);
  }

  /** Start with sound; where the browser refuses that, start without and ask for a gesture. */
  private start(): void {
    this.element.play().catch((error: unknown) => {
      if (this.disposed || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.element.muted = true;
      this.element.play().catch(() => undefined);
      this.around.events.blocked();
    });
  }

  /** Put the playhead where it belongs, unless it is there already: a preloaded start. */
  private aim(): void {
    const now = this.around.now();
    const early = this.play.started_at_ms - now;
    const isStart = early > -ON_TIME_MS && early <= this.leadMs + ON_TIME_MS;
    const want = isStart ? this.play.position_ms : positionMs(this.play, now);
    const { paused, currentTime } = this.element;
    const isFresh = !this.sounded;
    if (Math.abs(currentTime * 1000 - want) > IN_PLACE_MS) this.seek(paused || isFresh ? "sought" : "seek");
    else this.land(isFresh && isStart ? "cold" : paused ? "resumed" : null);
  }

  private correct(): void {
    this.seeks += 1;
    this.seek("seek", true);
  }

  private seek(step: Step, isCorrection = false): void {
    if (isCorrection) this.landing = step;
    else this.land(step);
    this.ignoreUntil = this.around.now() + this.profile.settleMs;
    this.rate(this.play.velocity);
    this.place(positionMs(this.play, this.around.now()) + this.latency(step));
  }

  private land(step: Step | null): void {
    this.landing = step;
    this.corrector.restart(step === "sought" || step === "seek");
  }

  private place(ms: number): void {
    if (ms > 0) this.element.currentTime = ms / 1000;
  }

  /** The first sample after a start or a seek tells how late sound came: be that much earlier next time. */
  private learn(error: number): void {
    // Without sound the engine skips the output's buffer: that would teach another device's habits.
    if (this.landing && !this.element.muted) {
      this.around.device.learn(this.profile.player, this.landing, error, this.profile.gain);
    }
    this.landing = null;
  }

  private rate(rate: number): void {
    const at = this.element.playbackRate;
    const isBack = rate === this.play.velocity && at !== rate;
    if (isBack || Math.abs(at - rate) >= this.profile.rateStep) this.element.playbackRate = rate;
  }

  private sounding(): void {
    this.sounded = true;
    this.ignoreUntil = Math.max(this.ignoreUntil, this.around.now() + FIRST_SOUND_MS);
    if (!this.element.muted || this.volume.muted) this.around.events.playing();
  }

  private dry(): void {
    // While the element seeks it waits too; that is no lack of data.
    if (this.begun && !this.element.seeking && !this.element.ended) this.stalls += 1;
    this.landing = null;
    this.corrector.restart();
  }

  /** The system paused it: a call, headphones pulled out, a media key. One button goes on. */
  private paused(): void {
    if (this.begun && !this.disposed && !this.element.ended) this.around.events.blocked();
  }
}

/** With the default every change of the rate silently loses some 20 ms in Chromium. */
function keepPitchFree(element: HTMLMediaElement): void {
  for (const name of ["preservesPitch", "mozPreservesPitch", "webkitPreservesPitch"]) {
    if (name in element) (element as unknown as Record<string, boolean>)[name] = false;
  }
}
