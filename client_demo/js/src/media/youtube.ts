// YouTube in an iframe without any foreign script: the embed is steered by messages alone.
import type { MediaProblem, Play } from "../protocol.ts";
import type { Backend, BackendEvents } from "./backend.ts";
import { positionMs } from "./timing.ts";

const ORIGIN = "https://www.youtube-nocookie.com";
const PLAYING = 1;
/** Error codes of the embed: gone or private, and not allowed outside of YouTube. */
const PROBLEMS: Readonly<Record<number, MediaProblem>> = { 100: "unavailable", 101: "blocked", 150: "blocked" };
const SENTENCES: Record<MediaProblem, string> = {
  unavailable: "This video is not available any more.",
  blocked: "YouTube does not let this video play here.",
  error: "YouTube could not play this video here.",
};
/** Embeds seek coarsely: below this a correction makes it worse. */
const TOLERANCE_MS = 2000;
const BETWEEN_SEEKS_MS = 5000;

interface Info {
  currentTime?: number;
  playerState?: number;
}

export class YouTubeBackend implements Backend {
  private frame: HTMLIFrameElement | null = null;
  private state = -1;
  private seenMs: number | null = null;
  private seenAt = 0;
  private seekAfter = 0;
  private volume = { level: 1, muted: false };
  private readonly hear = (event: MessageEvent): void => this.receive(event);

  constructor(
    public play: Play,
    private readonly mount: HTMLElement,
    private readonly now: () => number,
    private readonly events: BackendEvents,
  ) {
    window.addEventListener("message", this.hear);
  }

  get playing(): boolean {
    return this.state === PLAYING;
  }

  get positionMs(): number | null {
    if (this.seenMs === null) return null;
    return this.playing ? this.seenMs + (this.now() - this.seenAt) : this.seenMs;
  }

  get errorMs(): number | null {
    const position = this.positionMs;
    return position === null ? null : position - positionMs(this.play, this.now());
  }

  begin(): void {
    if (this.frame) return this.command("playVideo");
    const frame = document.createElement("iframe");
    const start = Math.max(0, Math.round(positionMs(this.play, this.now()) / 1000));
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
    const error = this.errorMs;
    const now = this.now();
    if (error === null || !this.playing || Math.abs(error) < TOLERANCE_MS || now < this.seekAfter) return;
    this.seekAfter = now + BETWEEN_SEEKS_MS;
    this.command("seekTo", [positionMs(this.play, now) / 1000, true]);
  }

  retime(play: Play): void {
    this.play = play;
    this.seekAfter = 0;
  }

  setVolume(level: number, muted: boolean): void {
    this.volume = { level, muted };
    this.command("setVolume", [Math.round(level * 100)]);
    this.command(muted ? "mute" : "unMute");
  }

  dispose(): void {
    window.removeEventListener("message", this.hear);
    this.frame?.remove();
    this.frame = null;
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
    if (typeof message.info !== "object" || message.info === null) return;
    const { currentTime, playerState } = message.info;
    if (typeof currentTime === "number") [this.seenMs, this.seenAt] = [currentTime * 1000, this.now()];
    if (typeof playerState !== "number" || playerState === this.state) return;
    this.state = playerState;
    if (playerState === PLAYING) this.events.playing();
  }

  private failed(code: number): void {
    const problem = PROBLEMS[code] ?? "error";
    this.events.failed(SENTENCES[problem], problem);
  }

  private command(func: string, args: unknown[] = []): void {
    this.post({ event: "command", func, args });
  }

  private post(message: object): void {
    this.frame?.contentWindow?.postMessage(JSON.stringify(message), ORIGIN);
  }
}
