// The room's player: what is on air, what comes next, and the change at the right instant.
import type { MediaProblem, Play, PlayCue, PlayerKind } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";
import { Device } from "./device.ts";
import { Backends, type Choice } from "./factory.ts";
import { Samples, type Playback } from "./samples.ts";
import { announced, endsAtMs, sameSound } from "./timing.ts";

export interface PlayerView {
  /** The play that people hear now: an announced one goes on air at its start, not before. */
  onAir: Play | null;
  /** The browser plays without sound, or not at all, until a gesture calls `unblock`. */
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

/** How the player keeps time: the badge of a page, and a sync report. */
export interface Sync {
  /** The error in ms, + = ahead, or null while unknown. */
  errorMs: number | null;
  /** Seeking does not help: the place is only roughly kept, and people should know why. */
  struggling: boolean;
  player: PlayerKind | null;
}

const TICK_MS = 100;
/** Timers come late; inside this the start is awaited in small steps. */
const START_WINDOW_MS = 150;

/** A backend under way to its start, and whether it was told to begin. */
interface Next {
  backend: Backend;
  isCue: boolean;
  begun: boolean;
}

export class RoomPlayer {
  /** What this device learned, and its owner's nudge. */
  readonly device: Device;
  private current: Backend | null = null;
  private next: Next | null = null;
  /** The play that waits where only one thing can be loaded. */
  private waiting: Play | null = null;
  private cued: PlayCue | null = null;
  private onAir: Play | null = null;
  private blocked = false;
  private problem: string | null = null;
  private failure: Failure | null = null;
  private volume = { level: 1, muted: false };
  private readonly backends: Backends;
  private readonly samples = new Samples();
  private readonly timer: ReturnType<typeof setInterval>;
  private startTimer: ReturnType<typeof setTimeout> | undefined;
  private stopTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly comeBack = (): void => this.recover();

  constructor(
    private readonly mount: HTMLElement,
    private readonly clock: () => number,
    private readonly changed: (view: PlayerView) => void,
    choice: Choice & { device?: Device } = {},
  ) {
    this.device = choice.device ?? new Device();
    this.backends = new Backends(mount, choice);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    mount.ownerDocument.addEventListener("visibilitychange", this.comeBack);
  }

  /**
   * Say what the room plays. A play that starts later waits while the present one goes on. With
   * nothing next that goes on until `stopsAtMs`, so that it ends for everybody at once.
   */
  set(play: Play | null, stopsAtMs: number | null = null): void {
    this.waiting = null;
    if (play === null) {
      this.dropNext();
      this.cued = null;
      return this.fallSilent(stopsAtMs);
    }
    if (this.current?.play.id === play.id) {
      clearTimeout(this.stopTimer);
      this.dropNext();
      this.onAir = play;
      this.current.retime(play);
      return this.tell();
    }
    if (this.next && sameSound(this.next.backend.play, play)) {
      this.next.isCue = false;
      this.next.backend.retime(play);
    } else this.prepare(play);
    this.awaitStart();
  }

  /** Load what comes next; null takes it back. */
  cue(cue: PlayCue | null): void {
    this.cued = cue;
    // While an announced play waits for its start, what follows it has time.
    if (this.next && !this.next.isCue) return;
    const play = cue && announced(cue);
    if (this.next && play && sameSound(this.next.backend.play, play)) return this.next.backend.retime(play);
    this.dropNext();
    if (play && play.id !== this.onAir?.id && this.backends.canPrepare(play)) {
      this.next = { backend: this.make(play), isCue: true, begun: false };
    }
  }

  setVolume(level: number, muted: boolean): void {
    this.volume = { level, muted };
    this.current?.setVolume(level, muted);
    this.next?.backend.setVolume(level, muted);
  }

  /** Make sound inside a gesture, which is what a browser asks for. */
  unblock(): void {
    this.blocked = false;
    this.current?.unblock();
    this.tell();
  }

  /** How the player keeps time now. */
  get sync(): Sync {
    const { current } = this;
    return { errorMs: current?.errorMs ?? null, struggling: current?.struggling ?? false, player: current?.kind ?? null };
  }

  /** How the player kept time since the last call, for a report; null when there is nothing to say. */
  takePlayback(): { playId: string; player: PlayerKind; playback: Playback } | null {
    const { current } = this;
    if (!current?.kind || this.remainingMs < START_WINDOW_MS) return null;
    const playback = this.samples.take(current);
    return playback && { playId: current.play.id, player: current.kind, playback };
  }

  dispose(): void {
    clearInterval(this.timer);
    this.mount.ownerDocument.removeEventListener("visibilitychange", this.comeBack);
    this.set(null);
    this.backends.dispose();
  }

  private get remainingMs(): number {
    return this.current ? endsAtMs(this.current.play) - this.now() : 0;
  }

  /** The server's time, later by the nudge: this device is asked for what others hear in a moment. */
  private now(): number {
    return this.clock() + this.device.nudgeMs;
  }

  /** End what sounds, at an instant or at once; what is announced for later stays. */
  private fallSilent(atMs: number | null): void {
    clearTimeout(this.stopTimer);
    const wait = this.current && atMs !== null ? atMs - this.now() : 0;
    if (wait <= 0) this.stop();
    else this.stopTimer = setTimeout(() => this.fallSilent(atMs), wait);
  }

  private stop(): void {
    this.current?.dispose();
    this.current = null;
    this.onAir = null;
    this.problem = null;
    this.blocked = false;
    this.mark();
    this.tell();
  }

  private prepare(play: Play): void {
    this.dropNext();
    if (this.current && !this.backends.canPrepare(play)) this.waiting = play;
    else this.next = { backend: this.make(play), isCue: false, begun: false };
  }

  private make(play: Play): Backend {
    let made: Backend | null = null;
    const around: Surroundings = {
      now: () => this.now(),
      device: this.device,
      events: {
        blocked: () => this.note(true, this.problem),
        playing: () => this.note(false, null),
        failed: (message, problem) => this.failed(made, message, problem),
      },
    };
    this.problem = null;
    made = this.backends.make(play, around, (other) => {
      if (made) this.replace(made, other);
      made = other;
    });
    made.setVolume(this.volume.level, this.volume.muted);
    return made;
  }

  /** Another backend takes the place of one that could not play after all. */
  private replace(old: Backend, other: Backend): void {
    other.setVolume(this.volume.level, this.volume.muted);
    if (this.current === old) {
      this.current = other;
      other.begin();
    } else if (this.next?.backend === old) {
      this.next.backend = other;
      if (this.next.begun) other.begin();
    } else return other.dispose();
    old.dispose();
  }

  private failed(backend: Backend | null, message: string, problem: MediaProblem | null): void {
    if (!backend) return;
    const isOn = this.current === backend;
    const positionMs = isOn ? backend.positionMs : null;
    this.failure = problem && { playId: backend.play.id, problem, positionMs };
    if (isOn) this.note(this.blocked, message);
    else this.problem = message;
  }

  private note(blocked: boolean, problem: string | null): void {
    this.blocked = blocked;
    this.problem = problem;
    this.tell();
  }

  /** Wait for the start, but begin earlier by what this device needs to make a sound. */
  private awaitStart(): void {
    clearTimeout(this.startTimer);
    const play = this.next && !this.next.isCue ? this.next.backend.play : this.waiting;
    if (!play) return;
    const { next } = this;
    const wait = play.started_at_ms - this.now();
    const lead = next && !next.begun ? next.backend.leadMs : 0;
    if (next && !next.begun && wait <= lead) {
      next.begun = true;
      next.backend.begin();
    }
    if (wait <= 0) return this.switchOver(play);
    const left = next && !next.begun ? wait - lead : wait;
    this.startTimer = setTimeout(() => this.awaitStart(), left > START_WINDOW_MS ? left - START_WINDOW_MS / 2 : left);
  }

  private switchOver(play: Play): void {
    clearTimeout(this.stopTimer);
    this.current?.dispose();
    this.current = this.next?.backend ?? this.make(play);
    if (!this.next) this.current.begin();
    this.next = null;
    this.waiting = null;
    this.onAir = this.current.play;
    this.samples.restart();
    this.mark();
    this.tell();
    if (this.cued) this.cue(this.cued);
  }

  private dropNext(): void {
    clearTimeout(this.startTimer);
    this.next?.backend.dispose();
    this.next = null;
  }

  /** The page is back from the background, where a phone may have paused what plays. */
  private recover(): void {
    const { current } = this;
    if (!current || current.playing || this.remainingMs <= 0) return;
    if (this.mount.ownerDocument.visibilityState === "visible") current.begin();
  }

  private tick(): void {
    const { current } = this;
    current?.tick();
    if (current && this.remainingMs > 0) this.samples.note(current, performance.now());
    this.mark();
  }

  /** Publish the state on the element: tests and extensions read it there. */
  private mark(): void {
    const { dataset } = this.mount;
    const { current } = this;
    const position = current?.positionMs ?? null;
    const error = current?.errorMs ?? null;
    dataset.playId = current?.play.id ?? "";
    dataset.playing = String(current !== null && current.playing && this.remainingMs > 0);
    dataset.positionMs = position === null ? "" : position.toFixed(0);
    dataset.syncMs = error === null ? "" : error.toFixed(1);
  }

  private tell(): void {
    const failed = this.failure?.playId === this.onAir?.id ? this.failure : null;
    this.changed({ onAir: this.onAir, blocked: this.blocked, problem: this.problem, failed });
  }
}
