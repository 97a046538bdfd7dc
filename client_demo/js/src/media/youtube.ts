// YouTube in an iframe without any foreign script: the embed is steered by messages alone.
import type { MediaProblem, Play } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";
import { Corrector } from "./corrector.ts";
import { YOUTUBE, YOUTUBE_WITHOUT_RATES, type Profile } from "./profiles.ts";
import { positionMs } from "./timing.ts";

const ORIGIN = "https://www.youtube-nocookie.com";
const PLAYING = 1;
const BUFFERING = 3;
/** Error codes of the embed: gone or private, and not allowed outside of YouTube. */
const PROBLEMS: Readonly<Record<number, MediaProblem>> = { 100: "unavailable", 101: "blocked", 150: "blocked" };
const SENTENCES: Record<MediaProblem, string> = {
  unavailable: "This video is not available any more.",
  blocked: "YouTube does not let this video play here.",
  error: "YouTube could not play this video here.",
};
/** A position that has not moved for so long is an advertisement's, or a buffer's. */
const STATIC_MS = 1500;
/** How long the frame has to confirm a rate; it says which one it took, if it took any. */
const RATE_ANSWER_MS = 2000;

interface Info {
  currentTime?: number;
  playerState?: number;
  playbackRate?: number;
}

export class YouTubeBackend implements Backend {
  readonly kind = "youtube";
  readonly leadMs = 0;
  seeks = 0;
  stalls = 0;
  private frame: HTMLIFrameElement | null = null;
  private corrector = new Corrector(YOUTUBE);
  private profile: Profile = YOUTUBE;
  private state = -1;
  private seen: { ms: number; at: number } | null = null;
  private rate = { is: 1, asked: 1, at: 0 };
  private ignoreUntil = 0;
  private landing = false;
  private volume = { level: 1, muted: false };
  private readonly hear = (event: MessageEvent): void => this.receive(event);

  constructor(
    public play: Play,
    private readonly mount: HTMLElement,
    private readonly around: Surroundings,
  ) {
    window.addEventListener("message", this.hear);
  }

  get playing(): boolean {
    return this.state === PLAYING;
  }

  get positionMs(): number | null {
    if (this.seen === null) return null;
    return this.playing ? this.seen.ms + (this.around.now() - this.seen.at) * this.rate.is : this.seen.ms;
  }

  get errorMs(): number | null {
    return this.corrector.errorMs;
  }

  get struggling(): boolean {
    return this.corrector.struggling;
  }

  begin(): void {
    if (this.frame) return this.command("playVideo");
    const frame = document.createElement("iframe");
    const start = Math.max(0, Math.round(positionMs(this.play, this.around.now()) / 1000));
    const query = new URLSearchParams({
      autoplay: "1",
      start: String(start),
      enablejsapi: "1",
      origin: location.origin,
      playsinline: "1",
      rel: "0",
    });
    frame.src = `${ORIGIN}/embed/${encodeURIComponent(this.play.media.source_id)}?${query}`;
    frame.title = `YouTube: ${this.play.media.title}`;
    frame.allow = "autoplay; encrypted-media; fullscreen";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.onload = () => this.post({ event: "listening", id: this.play.id });
    this.frame = frame;
    this.mount.append(frame);
  }

  tick(): void {
    const now = this.around.now();
    const position = this.positionMs;
    if (position === null || !this.playing || now < this.ignoreUntil || now < this.play.started_at_ms) return;
    if (this.seen && now - this.seen.at > STATIC_MS) return;
    this.settleRates(now);
    const error = position - positionMs(this.play, now);
    if (this.landing) this.around.device.learn("youtube", "seek", error, this.profile.gain);
    this.landing = false;
    const correction = this.corrector.add(error, now);
    if (correction.kind === "seek") this.seek(now);
    if (correction.kind === "rate") this.setRate(correction.rate, now);
  }

  retime(play: Play): void {
    this.play = play;
    this.ignoreUntil = 0;
    this.corrector.restart();
  }

  setVolume(level: number, muted: boolean): void {
    this.volume = { level, muted };
    this.command("setVolume", [Math.round(level * 100)]);
    this.command(muted ? "mute" : "unMute");
  }

  unblock(): void {
    this.setVolume(this.volume.level, this.volume.muted);
    this.begin();
  }

  dispose(): void {
    window.removeEventListener("message", this.hear);
    this.frame?.remove();
    this.frame = null;
  }

  private seek(now: number): void {
    this.seeks += 1;
    this.landing = true;
    this.ignoreUntil = now + this.profile.settleMs;
    const want = positionMs(this.play, now) + this.around.device.latencyMs("youtube", "seek");
    this.command("seekTo", [want / 1000, true]);
  }

  /** Ask for the nearest rate that the frame has. */
  private setRate(wanted: number, now: number): void {
    const rate = this.play.velocity * (wanted > 1 ? 1.05 : wanted < 1 ? 0.95 : 1);
    if (rate === this.rate.asked) return;
    this.rate = { ...this.rate, asked: rate, at: now };
    this.command("setPlaybackRate", [rate]);
  }

  /** Where the frame never takes a rate, seeks have to do from then on. */
  private settleRates(now: number): void {
    const { is, asked, at } = this.rate;
    if (is === asked || now - at < RATE_ANSWER_MS || this.profile !== YOUTUBE) return;
    this.profile = YOUTUBE_WITHOUT_RATES;
    this.corrector = new Corrector(this.profile);
  }

  private receive(event: MessageEvent): void {
    if (event.origin !== ORIGIN || event.source !== this.frame?.contentWindow) return;
    let message: { event?: string; info?: Info | number };
    try {
      message = JSON.parse(String(event.data)) as typeof message;
    } catch {
      return;
    }
    if (message.event === "onReady") this.setVolume(this.volume.level, this.volume.muted);
    if (message.event === "onError") this.failed(Number(message.info));
    if (message.event === "onAutoplayBlocked") this.around.events.blocked();
    if (typeof message.info === "object" && message.info !== null) this.take(message.info);
  }

  private take({ currentTime, playerState, playbackRate }: Info): void {
    const now = this.around.now();
    // The frame repeats itself: only a position that moved tells when it was there.
    if (typeof currentTime === "number" && currentTime * 1000 !== this.seen?.ms) this.seen = { ms: currentTime * 1000, at: now };
    if (typeof playbackRate === "number") this.rate = { ...this.rate, is: playbackRate };
    if (typeof playerState !== "number" || playerState === this.state) return;
    // A seek of our own loads too.
    if (playerState === BUFFERING && this.playing && !this.landing) this.stalls += 1;
    this.state = playerState;
    if (playerState !== PLAYING) return;
    this.ignoreUntil = Math.max(this.ignoreUntil, now + this.profile.settleMs);
    this.corrector.restart();
    this.around.events.playing();
  }

  private failed(code: number): void {
    const problem = PROBLEMS[code] ?? "error";
    this.around.events.failed(SENTENCES[problem], problem);
  }

  private command(func: string, args: unknown[] = []): void {
    this.post({ event: "command", func, args });
  }

  private post(message: object): void {
    this.frame?.contentWindow?.postMessage(JSON.stringify(message), ORIGIN);
  }
}
