// The room's player: what is on air, what comes next, and the change at the right instant.
import type { MediaProblem, Play } from "../protocol.ts";
import type { Backend, BackendEvents } from "./backend.ts";
import { Html5Backend } from "./html5.ts";
import { endsAtMs } from "./timing.ts";
import { YouTubeBackend } from "./youtube.ts";

export interface PlayerView {
  /** The play that people hear now: an announced one goes on air at its start, not before. */
  onAir: Play | null;
  blocked: boolean;
  problem: string | null;
  /** The play on air that failed, and how: worth telling the server. */
  failed: Failure | null;
}

export interface Failure {
  playId: string;
  problem: MediaProblem;
  positionMs: number | null;
}

const TICK_MS = 100;
/** Timers come late; inside this the start is awaited in small steps. */
const START_WINDOW_MS = 150;

export class RoomPlayer {
  private current: Backend | null = null;
  private next: Backend | null = null;
  private onAir: Play | null = null;
  private blocked = false;
  private problem: string | null = null;
  private failure: Failure | null = null;
  private volume = { level: 1, muted: false };
  private readonly timer: ReturnType<typeof setInterval>;
  private startTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly mount: HTMLElement,
    private readonly now: () => number,
    private readonly changed: (view: PlayerView) => void,
  ) {
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Say what the room plays. A play that starts later waits while the present one goes on. */
  set(play: Play | null): void {
    if (play === null) return this.stop();
    if (this.current?.play.id === play.id) {
      this.dropNext();
      this.onAir = play;
      this.current.retime(play);
      return this.tell();
    }
    if (this.next?.play.id === play.id) return this.next.retime(play);
    this.dropNext();
    this.next = this.make(play);
    this.next?.setVolume(this.volume.level, this.volume.muted);
    this.awaitStart();
  }

  setVolume(level: number, muted: boolean): void {
    this.volume = { level, muted };
    this.current?.setVolume(level, muted);
    this.next?.setVolume(level, muted);
  }

  /** Begin again inside a gesture, which is what a browser asks for. */
  unblock(): void {
    this.blocked = false;
    this.current?.begin();
    this.tell();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.stop();
  }

  private stop(): void {
    this.dropNext();
    this.current?.dispose();
    this.current = null;
    this.onAir = null;
    this.problem = null;
    this.mark();
    this.tell();
  }

  private make(play: Play): Backend {
    const events: BackendEvents = {
      blocked: () => this.note(true, null),
      playing: () => this.note(false, null),
      failed: (message, problem) => {
        const positionMs = this.current?.play.id === play.id ? this.current.positionMs : null;
        this.failure = problem && { playId: play.id, problem, positionMs };
        if (this.onAir?.id === play.id) this.note(this.blocked, message);
        else this.problem = message;
      },
    };
    this.problem = null;
    if (play.media.source === "direct") return new Html5Backend(play, this.mount, this.now, events);
    if (play.media.source === "youtube") return new YouTubeBackend(play, this.mount, this.now, events);
    return new SilentBackend(play, this.now, events);
  }

  private note(blocked: boolean, problem: string | null): void {
    this.blocked = blocked;
    this.problem = problem;
    this.tell();
  }

  private awaitStart(): void {
    clearTimeout(this.startTimer);
    if (!this.next) return;
    const wait = this.next.play.started_at_ms - this.now();
    if (wait <= 0) return this.switchOver();
    const step = wait > START_WINDOW_MS ? wait - START_WINDOW_MS / 2 : wait;
    this.startTimer = setTimeout(() => this.awaitStart(), step);
  }

  private switchOver(): void {
    this.current?.dispose();
    this.current = this.next;
    this.next = null;
    this.onAir = this.current?.play ?? null;
    this.current?.begin();
    this.mark();
    this.tell();
  }

  private dropNext(): void {
    clearTimeout(this.startTimer);
    this.next?.dispose();
    this.next = null;
  }

  private tick(): void {
    this.current?.tick();
    this.mark();
  }

  /** Publish the state on the element: tests and extensions read it there. */
  private mark(): void {
    const { dataset } = this.mount;
    const { current } = this;
    const position = current?.positionMs ?? null;
    const error = current?.errorMs ?? null;
    dataset.playId = current?.play.id ?? "";
    dataset.playing = String(current !== null && current.playing && this.now() < endsAtMs(current.play));
    dataset.positionMs = position === null ? "" : position.toFixed(0);
    dataset.syncMs = error === null ? "" : error.toFixed(1);
  }

  private tell(): void {
    const failed = this.failure?.playId === this.onAir?.id ? this.failure : null;
    this.changed({ onAir: this.onAir, blocked: this.blocked, problem: this.problem, failed });
  }
}

/** Keeps time for a source that this page cannot play. */
class SilentBackend implements Backend {
  readonly playing = false;
  readonly errorMs = null;
  readonly positionMs = null;

  constructor(
    public play: Play,
    readonly now: () => number,
    private readonly events: BackendEvents,
  ) {}

  begin(): void {
    this.events.failed("This page cannot play SoundCloud tracks yet.", null);
  }

  tick(): void {}

  retime(play: Play): void {
    this.play = play;
  }

  setVolume(): void {}

  dispose(): void {}
}
