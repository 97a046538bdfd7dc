// YouTube's embed in virtual time: it is steered by messages, says a few times a second where it is,
// and does what its reference says it may: seek to a keyframe, refuse a rate, refuse to begin.

export interface EmbedHabits {
  /** From being asked to play until it does, and from a seek until it plays on, in ms. */
  startMs?: number;
  seekMs?: number;
  /** Where nothing is downloaded a seek lands on a multiple of this, before the place that was asked for. */
  keyframeMs?: number;
  /** Every seek lands so far before that. */
  missesMs?: number;
  /** The rates it takes; others are left alone without a word. */
  rates?: readonly number[];
  /** Refuse to begin until a gesture. */
  refuses?: boolean;
}

const ORIGIN = "https://www.youtube-nocookie.com";
const TELLS_MS = 250;
/** So much is downloaded from where it landed on. */
const DOWNLOADS_MS = 30_000;
const STEPS = Array.from({ length: 36 }, (_, i) => Math.round(25 + i * 5) / 100);

/** The YouTube player's states, by their numbers on the wire. */
const UNSTARTED = -1;
const PLAYING = 1;
const PAUSED = 2;
const BUFFERING = 3;

type Hear = (event: { origin: string; source: unknown; data: string }) => void;

/** The page around: the one window whose messages the backend hears, and the frames it made. */
export class EmbedPage {
  readonly frames: FakeEmbed[] = [];
  readonly hearers = new Set<Hear>();
  readonly append = (frame: FakeEmbed): void => void this.frames.push(frame);

  constructor(private readonly habits: EmbedHabits = {}) {}

  install(): void {
    Object.assign(globalThis, {
      location: { origin: "http://host" },
      window: {
        addEventListener: (_: string, hear: Hear) => this.hearers.add(hear),
        removeEventListener: (_: string, hear: Hear) => this.hearers.delete(hear),
      },
      document: { createElement: () => new FakeEmbed(this, this.habits) },
    });
  }

  get frame(): FakeEmbed {
    const frame = this.frames.at(-1);
    if (!frame) throw new Error("expected an embed, got none");
    return frame;
  }

  say(source: unknown, message: object, origin = ORIGIN): void {
    for (const hear of this.hearers) hear({ origin, source, data: JSON.stringify(message) });
  }
}

export class FakeEmbed {
  src = "";
  title = "";
  allow = "";
  referrerPolicy = "";
  onload: (() => void) | null = null;
  gesture = false;
  removed = false;
  volume: number | null = null;
  muted: boolean | null = null;
  readonly commands: string[] = [];
  readonly contentWindow = { postMessage: (data: string, origin: string) => this.take(data, origin) };
  private state = UNSTARTED;
  private rate = 1;
  private at = { position: 0, now: Date.now() };
  private landed = -Infinity;
  private timer: ReturnType<typeof setInterval> | undefined;
  private pending: ReturnType<typeof setTimeout> | undefined;
  private advertises = false;

  constructor(
    private readonly page: EmbedPage,
    private readonly habits: EmbedHabits,
  ) {}

  /** Where the video really is, in ms. */
  get position(): number {
    const runs = this.state === PLAYING && !this.advertises;
    return this.at.position + (runs ? (Date.now() - this.at.now) * this.rate : 0);
  }

  get query(): URLSearchParams {
    return new URL(this.src).searchParams;
  }

  /** The frame's document is there. */
  loaded(): void {
    this.at = { position: Number(this.query.get("start")) * 1000, now: Date.now() };
    this.onload?.();
  }

  remove(): void {
    this.removed = true;
    clearInterval(this.timer);
    clearTimeout(this.pending);
  }

  /** The position stands for so long while the state says that it plays. */
  advertise(ms: number): void {
    this.settle();
    this.advertises = true;
    setTimeout(() => {
      this.at.now = Date.now();
      this.advertises = false;
    }, ms);
  }

  /** No data for so long. */
  stall(ms: number): void {
    this.buffer(ms);
  }

  fail(code: number): void {
    this.tell("onError", code);
  }

  private take(data: string, origin: string): void {
    if (origin !== ORIGIN) throw new Error(`expected a message for ${ORIGIN}, got one for ${origin}`);
    const { event, func, args } = JSON.parse(data) as { event: string; func?: string; args?: unknown[] };
    if (event === "listening") return this.ready();
    this.commands.push(func ?? event);
    if (func === "playVideo") this.play();
    if (func === "seekTo") this.seek(Number(args?.[0]) * 1000);
    if (func === "setPlaybackRate") this.setRate(Number(args?.[0]));
    if (func === "setVolume") this.volume = Number(args?.[0]);
    if (func === "mute" || func === "unMute") this.muted = func === "mute";
  }

  private ready(): void {
    this.tell("onReady", null);
    this.timer = setInterval(() => this.deliver(), TELLS_MS);
    if (this.habits.refuses) this.tell("onAutoplayBlocked", null);
    else this.play();
  }

  private play(): void {
    if (this.state === PLAYING || this.state === BUFFERING || (this.habits.refuses && !this.gesture)) return;
    this.buffer(this.habits.startMs ?? 0);
  }

  private seek(ms: number): void {
    const { keyframeMs = 1, seekMs = 0, missesMs = 0 } = this.habits;
    const isThere = ms >= this.landed && ms < this.landed + DOWNLOADS_MS;
    const position = isThere ? ms : Math.floor(ms / keyframeMs) * keyframeMs;
    if (!isThere) this.landed = position;
    this.at = { position: position - missesMs, now: Date.now() };
    if (this.state !== PAUSED) this.buffer(seekMs);
  }

  private setRate(rate: number): void {
    if (!(this.habits.rates ?? STEPS).includes(rate) || rate === this.rate) return;
    this.settle();
    this.rate = rate;
    this.tell("onPlaybackRateChange", rate);
    this.deliver();
  }

  private buffer(ms: number): void {
    this.settle();
    this.become(BUFFERING);
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.become(PLAYING), ms);
  }

  private become(state: number): void {
    this.settle();
    this.state = state;
    this.deliver();
  }

  private settle(): void {
    this.at = { position: this.position, now: Date.now() };
  }

  private deliver(): void {
    this.tell("infoDelivery", { currentTime: this.position / 1000, playerState: this.state, playbackRate: this.rate });
  }

  private tell(event: string, info: unknown): void {
    if (!this.removed) this.page.say(this.contentWindow, { event, info });
  }
}
