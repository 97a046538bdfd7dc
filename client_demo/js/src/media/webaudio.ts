// Short files as samples that Web Audio schedules: a start is exact to the sample, and what
// remains is the drift of two crystals. Needs a media host that allows reading (CORS).
import type { Play } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";
import { Corrector } from "./corrector.ts";
import { WEB_AUDIO } from "./profiles.ts";
import { positionMs } from "./timing.ts";

/** 44.1 kHz in stereo takes 21 MB of memory a minute. */
export const WEB_AUDIO_MS_MAX = 10 * 60_000;
/** Sources begin this long after they are asked for, so that the audio thread is in time. */
const AHEAD_S = 0.05;

/** What sounds: since when by the context's time, from which sample, how fast, and how fast before that. */
interface Sounding {
  source: AudioBufferSourceNode;
  at: number;
  ms: number;
  rate: number;
  before: number;
}

export class WebAudioBackend implements Backend {
  readonly kind = "webaudio";
  readonly leadMs = 250;
  seeks = 0;
  stalls = 0;
  private readonly corrector = new Corrector(WEB_AUDIO);
  private readonly gain: GainNode;
  private buffer: AudioBuffer | null = null;
  private sounding: Sounding | null = null;
  private begun = false;
  private ignoreUntil = 0;
  private readonly aborter = new AbortController();

  /** `unreadable` is told when the file cannot be fetched or decoded: another way may play it. */
  constructor(
    public play: Play,
    url: string,
    private readonly context: AudioContext,
    private readonly around: Surroundings,
    private readonly unreadable: (play: Play) => void,
  ) {
    this.gain = context.createGain();
    this.gain.connect(context.destination);
    void this.load(url);
  }

  get playing(): boolean {
    return this.sounding !== null && this.context.state === "running" && this.context.currentTime >= this.sounding.at;
  }

  get errorMs(): number | null {
    return this.corrector.errorMs;
  }

  get positionMs(): number | null {
    const { sounding: now } = this;
    if (!now) return null;
    // What is rendered with a new rate is heard later: until then the old one holds.
    const since = this.heardAt() - now.at;
    return now.ms + since * 1000 * (since < 0 ? now.before : now.rate);
  }

  get struggling(): boolean {
    return this.corrector.struggling;
  }

  begin(): void {
    this.begun = true;
    this.sound();
    if (this.context.state === "running") return;
    this.context.resume().catch(() => undefined);
    this.around.events.blocked();
  }

  tick(): void {
    const now = this.around.now();
    if (!this.playing || now < this.play.started_at_ms || now < this.ignoreUntil) return;
    const error = (this.positionMs ?? 0) - positionMs(this.play, now);
    const correction = this.corrector.add(error, now);
    if (correction.kind === "seek") {
      this.seeks += 1;
      this.sound();
    }
    if (correction.kind === "rate") this.rate(correction.rate * this.play.velocity);
  }

  retime(play: Play): void {
    this.play = play;
    if (this.begun) this.sound();
  }

  setVolume(level: number, muted: boolean): void {
    this.gain.gain.value = muted ? 0 : level;
  }

  unblock(): void {
    void this.context.resume().then(() => this.sound());
  }

  dispose(): void {
    this.aborter.abort();
    this.stop();
    this.gain.disconnect();
    this.buffer = null;
  }

  private async load(url: string): Promise<void> {
    try {
      const answer = await fetch(url, { signal: this.aborter.signal });
      if (!answer.ok) throw new Error(`expected the file, got HTTP ${answer.status}`);
      this.buffer = await this.context.decodeAudioData(await answer.arrayBuffer());
    } catch {
      if (!this.aborter.signal.aborted) this.unreadable(this.play);
      return;
    }
    if (this.begun) this.sound();
  }

  /** The context's time of what leaves the speakers now. */
  private heardAt(): number {
    const { contextTime, performanceTime } = this.context.getOutputTimestamp();
    if (contextTime === undefined || performanceTime === undefined || contextTime === 0) {
      return this.context.currentTime - this.context.outputLatency;
    }
    return contextTime + (performance.now() - performanceTime) / 1000;
  }

  /** Schedule the samples to be heard at their instant; what sounded until now ends there. */
  private sound(): void {
    if (!this.buffer || this.context.state !== "running") return;
    const heard = this.heardAt();
    const now = this.around.now();
    const wait = (this.play.started_at_ms - now) / 1000;
    const at = Math.max(heard + wait, this.context.currentTime + AHEAD_S);
    const ms = positionMs(this.play, now + (at - heard) * 1000);
    this.stop(at);
    const source = this.context.createBufferSource();
    source.buffer = this.buffer;
    source.playbackRate.value = this.play.velocity;
    source.connect(this.gain);
    source.start(at, ms / 1000);
    this.sounding = { source, at, ms, rate: this.play.velocity, before: 0 };
    this.corrector.restart();
    this.ignoreUntil = now + (at - heard) * 1000 + WEB_AUDIO.settleMs;
    this.around.events.playing();
  }

  private rate(rate: number): void {
    const { sounding: now } = this;
    if (!now || Math.abs(now.rate - rate) < WEB_AUDIO.rateStep) return;
    const at = this.context.currentTime;
    const ms = now.ms + Math.max(0, at - now.at) * 1000 * now.rate;
    now.source.playbackRate.setValueAtTime(rate, at);
    this.sounding = { source: now.source, at, ms, rate, before: now.rate };
  }

  private stop(at?: number): void {
    if (!this.sounding) return;
    this.sounding.source.stop(at);
    this.sounding = null;
  }
}
