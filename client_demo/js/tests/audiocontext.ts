// Web Audio in virtual time, as far as playing a file needs it: a clock of its own crystal, sources
// that are scheduled to the sample, an output that is heard later than it is rendered.

export interface AudioHabits {
  /** How much faster the output's crystal runs, as a part. */
  skew?: number;
  /** From the rendering of a sample until it is heard, in ms. */
  latencyMs?: number;
  /** Refuse to run until a gesture. */
  refuses?: boolean;
  /** The browser cannot tell what is heard: its timestamps are empty. */
  mute?: boolean;
  loadMs?: number;
  /** The answer to the file's request, and whether it can be decoded. */
  status?: number;
  broken?: boolean;
}

/** A change of the rate, by the context's time. */
interface Step {
  at: number;
  rate: number;
}

class FakeSource {
  buffer: unknown = null;
  startsAt = Infinity;
  stopsAt = Infinity;
  private offset = 0;
  private readonly steps: Step[] = [{ at: -Infinity, rate: 1 }];
  readonly playbackRate = ((steps) => ({
    set value(rate: number) {
      steps.push({ at: -Infinity, rate });
    },
    setValueAtTime: (rate: number, at: number) => void steps.push({ at, rate }),
  }))(this.steps);

  connect(): void {}

  start(when: number, offset: number): void {
    this.startsAt = when;
    this.offset = offset;
  }

  stop(when = -Infinity): void {
    this.stopsAt = Math.min(this.stopsAt, when);
  }

  soundsAt(time: number): boolean {
    return time >= this.startsAt && time < this.stopsAt;
  }

  /** Which second of the file is rendered at a context's time. */
  placeAt(time: number): number {
    let place = this.offset;
    this.steps.forEach(({ at, rate }, index) => {
      const from = Math.max(at, this.startsAt);
      const to = Math.min(this.steps[index + 1]?.at ?? Infinity, time);
      place += Math.max(0, to - from) * rate;
    });
    return place;
  }
}

export class FakeAudio {
  state: "suspended" | "running" = "suspended";
  readonly sources: FakeSource[] = [];
  readonly gain = { gain: { value: 1 }, connect: () => undefined, disconnect: () => void (this.connected = false) };
  readonly destination = {};
  connected = true;
  gesture = false;
  fetched: string[] = [];
  private latency: number;
  private readonly born = Date.now();
  private waiting: (() => void)[] = [];

  constructor(private readonly habits: AudioHabits = {}) {
    this.latency = (habits.latencyMs ?? 32) / 1000;
    if (!habits.refuses) this.state = "running";
  }

  /** Make this page's requests and clock those of virtual time. */
  install(): void {
    const { loadMs = 0, status = 200 } = this.habits;
    const fetch = (url: string, { signal }: { signal: AbortSignal }): Promise<unknown> => {
      this.fetched.push(url);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        setTimeout(() => resolve({ ok: status < 400, status, arrayBuffer: () => Promise.resolve(new ArrayBuffer(1)) }), loadMs);
      });
    };
    Object.assign(globalThis, { fetch });
  }

  get currentTime(): number {
    return ((Date.now() - this.born) / 1000) * (1 + (this.habits.skew ?? 0));
  }

  get outputLatency(): number {
    return this.latency;
  }

  /** Another output: from now on everything is heard so much after it was rendered. */
  moveTo(latencyMs: number): void {
    this.latency = latencyMs / 1000;
  }

  getOutputTimestamp(): { contextTime: number; performanceTime: number } {
    if (this.habits.mute) return { contextTime: 0, performanceTime: 0 };
    return { contextTime: this.currentTime - this.latency, performanceTime: performance.now() };
  }

  createGain(): unknown {
    return this.gain;
  }

  createBufferSource(): FakeSource {
    const source = new FakeSource();
    this.sources.push(source);
    return source;
  }

  decodeAudioData(): Promise<unknown> {
    return this.habits.broken ? Promise.reject(new DOMException("no sound", "EncodingError")) : Promise.resolve({});
  }

  /** Pending without a gesture, as in browsers. */
  resume(): Promise<void> {
    if (this.habits.refuses && !this.gesture) return new Promise((resolve) => this.waiting.push(resolve));
    this.state = "running";
    for (const resolve of this.waiting.splice(0)) resolve();
    return Promise.resolve();
  }

  /** Which places of the file leave the loudspeaker now, in ms; none is silence, two are an overlap. */
  get heard(): number[] {
    const time = this.currentTime - this.latency;
    return this.sources.filter((source) => source.soundsAt(time)).map((source) => source.placeAt(time) * 1000);
  }
}
