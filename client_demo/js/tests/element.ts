// A media element in virtual time, with what real ones do to those who want to be on time: sound
// comes late after a start or a seek, and its crystal is not ours.
export interface Habits {
  /** How late sound comes after a start and after a seek, in ms. */
  startMs: number;
  seekMs: number;
  /** How much faster the device's crystal runs, as a part. */
  skew: number;
  /** Refuse to make sound until `gesture` is true. */
  refuses?: boolean;
}

type Handler = ((event: never) => void) | null;

export class FakeElement {
  preload = "";
  muted = false;
  volume = 1;
  preservesPitch = true;
  readyState = 0;
  ended = false;
  seeking = false;
  paused = true;
  error: { code: number } | null = null;
  onplaying: Handler = null;
  onwaiting: Handler = null;
  onpause: Handler = null;
  onloadedmetadata: Handler = null;
  onerror: Handler = null;
  gesture = false;
  removed = false;
  seeksDone = 0;
  private url = "";
  private rate = 1;
  /** The playhead at an instant; it stands until `soundsAt`. */
  private at = { position: 0, now: 0, soundsAt: 0 };

  constructor(
    private readonly now: () => number,
    readonly habits: Habits,
  ) {}

  get src(): string {
    return this.url;
  }

  set src(url: string) {
    this.url = url;
  }

  get currentTime(): number {
    if (this.paused) return this.at.position / 1000;
    const sounding = Math.max(0, this.now() - Math.max(this.at.now, this.at.soundsAt));
    return (this.at.position + sounding * this.rate * (1 + this.habits.skew)) / 1000;
  }

  set currentTime(seconds: number) {
    this.seeksDone += 1;
    this.at = { position: seconds * 1000, now: this.now(), soundsAt: this.now() + (this.paused ? 0 : this.habits.seekMs) };
  }

  get playbackRate(): number {
    return this.rate;
  }

  set playbackRate(rate: number) {
    this.settle();
    this.rate = rate;
  }

  play(): Promise<void> {
    if (this.habits.refuses && !this.gesture && !this.muted) {
      return Promise.reject(new DOMException("a gesture is needed", "NotAllowedError"));
    }
    if (!this.paused) return Promise.resolve();
    this.settle();
    this.paused = false;
    this.at.soundsAt = this.now() + this.habits.startMs;
    this.fire(this.onplaying);
    return Promise.resolve();
  }

  pause(): void {
    this.settle();
    this.paused = true;
    this.fire(this.onpause);
  }

  load(): void {}
  removeAttribute(): void {}
  remove(): void {
    this.removed = true;
  }

  /** The file's length is known, and data is there. */
  loaded(): void {
    this.readyState = 4;
    this.fire(this.onloadedmetadata);
  }

  /** No data for so long. */
  stall(ms: number): void {
    this.settle();
    this.at.soundsAt = this.now() + ms;
    this.fire(this.onwaiting);
  }

  private settle(): void {
    const position = this.currentTime * 1000;
    this.at = { position, now: this.now(), soundsAt: this.at.soundsAt };
  }

  private fire(handler: Handler): void {
    handler?.(undefined as never);
  }
}
