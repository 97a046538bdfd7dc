// A media element in virtual time, with what real ones do to those who want to be on time: sound
// comes late after a start or a seek, its crystal is not ours, and data can run out.
export interface Habits {
  /** How late sound comes after a start and after a seek, in ms. */
  startMs: number;
  seekMs: number;
  /** How much faster the device's crystal runs, as a part. */
  skew: number;
  /** How much one start or seek differs from the next, in ms. */
  jitter?: () => number;
  /** How far off a reading of the position is, in ms. */
  noise?: () => number;
  /** How long a file takes to load; without it `loaded` is called by hand. */
  loadMs?: () => number;
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
  rateWrites = 0;
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
    if (this.habits.loadMs) setTimeout(() => this.loaded(), this.habits.loadMs());
  }

  /** Where the playhead really is, in ms. */
  get truePosition(): number {
    if (this.paused) return this.at.position;
    const sounding = Math.max(0, this.now() - Math.max(this.at.now, this.at.soundsAt));
    return this.at.position + sounding * this.rate * (1 + this.habits.skew);
  }

  get sounding(): boolean {
    return !this.paused && this.readyState >= 3 && this.now() >= this.at.soundsAt;
  }

  get currentTime(): number {
    return (this.truePosition + (this.paused ? 0 : (this.habits.noise?.() ?? 0))) / 1000;
  }

  set currentTime(seconds: number) {
    this.seeksDone += 1;
    const late = this.paused ? 0 : this.late(this.habits.seekMs);
    this.at = { position: seconds * 1000, now: this.now(), soundsAt: this.now() + late };
  }

  get playbackRate(): number {
    return this.rate;
  }

  set playbackRate(rate: number) {
    this.rateWrites += 1;
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
    this.sound(this.late(this.habits.startMs));
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
    if (this.removed) return;
    this.readyState = 4;
    this.fire(this.onloadedmetadata);
    if (!this.paused) this.sound(this.late(this.habits.startMs));
  }

  /** No data for so long. */
  stall(ms: number): void {
    this.settle();
    this.at.soundsAt = this.now() + ms;
    this.fire(this.onwaiting);
    if (this.habits.loadMs) setTimeout(() => this.fire(this.onplaying), ms);
  }

  private late(ms: number): number {
    return Math.max(0, ms + (this.habits.jitter?.() ?? 0));
  }

  /** Sound begins so late from now on, if there is anything to play. */
  private sound(late: number): void {
    const seeksUntil = this.at.soundsAt === Infinity ? 0 : this.at.soundsAt;
    this.at.soundsAt = this.readyState >= 3 ? Math.max(seeksUntil, this.now() + late) : Infinity;
    if (this.readyState >= 3) this.fire(this.onplaying);
  }

  private settle(): void {
    const position = this.truePosition;
    this.at = { position, now: this.now(), soundsAt: this.at.soundsAt };
  }

  private fire(handler: Handler): void {
    handler?.(undefined as never);
  }
}
