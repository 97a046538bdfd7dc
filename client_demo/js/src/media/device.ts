// What one device has learned about itself: how late sound comes after a start or a seek, and how
// much earlier its owner wants to hear it. Kept between visits where the browser lets us.
import type { PlayerKind } from "../protocol.ts";

/** Where a device keeps what it learned; any of the Web Storage kind. */
export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/**
 * What can delay sound: a start of loaded media, a start behind a seek, going on after a pause,
 * and a seek while playing.
 */
export type Step = "cold" | "sought" | "resumed" | "seek";

/** As measured in Chromium; each device corrects them within a few starts. */
const FIRST_GUESS_MS: Readonly<Record<Step, number>> = { cold: 100, sought: 115, resumed: 35, seek: 115 };
const LATENCY_MAX_MS = 800;
/** One landing teaches at most this much: a browser's first start is an outlier. A frame's seek that loads is none. */
const LESSON_MAX_MS: Readonly<Record<PlayerKind, number>> = { html5: 40, youtube: 400, webaudio: 40 };
const NUDGE_MAX_MS = 500;
const KEY = "roomserver.device";

interface Learned {
  nudge_ms?: number;
  latencies?: Partial<Record<PlayerKind, Partial<Record<Step, number>>>>;
}

export class Device {
  private learned: Learned;

  constructor(private readonly memory: Memory = browserMemory()) {
    this.learned = read(memory);
  }

  /** How late sound comes after a step, in ms. */
  latencyMs(player: PlayerKind, step: Step): number {
    const known = this.learned.latencies?.[player]?.[step];
    return typeof known === "number" && known >= 0 && known <= LATENCY_MAX_MS ? known : FIRST_GUESS_MS[step];
  }

  /** Note by how much a step missed (ms, + = sound came early). */
  learn(player: PlayerKind, step: Step, errorMs: number, gain: number): void {
    const most = LESSON_MAX_MS[player];
    const lesson = Math.max(-most, Math.min(most, gain * errorMs));
    const latency = Math.min(LATENCY_MAX_MS, Math.max(0, this.latencyMs(player, step) - lesson));
    const { latencies } = this.learned;
    this.write({ ...this.learned, latencies: { ...latencies, [player]: { ...latencies?.[player], [step]: latency } } });
  }

  /** How much earlier than the room this device plays, in ms: for headphones that add a delay. */
  get nudgeMs(): number {
    const nudge = this.learned.nudge_ms ?? 0;
    return typeof nudge === "number" && Math.abs(nudge) <= NUDGE_MAX_MS ? nudge : 0;
  }

  set nudgeMs(ms: number) {
    const nudge = Number.isFinite(ms) ? ms : 0;
    this.write({ ...this.learned, nudge_ms: Math.max(-NUDGE_MAX_MS, Math.min(NUDGE_MAX_MS, nudge)) });
  }

  private write(learned: Learned): void {
    this.learned = learned;
    try {
      this.memory.setItem(KEY, JSON.stringify(learned));
    } catch {
      // Blocked or full: what was learned lasts as long as the page.
    }
  }
}

function read(memory: Memory): Learned {
  try {
    const value: unknown = JSON.parse(memory.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Learned) : {};
  } catch {
    return {};
  }
}

/** The browser's storage, or one that lasts as long as the page. */
export function browserMemory(): Memory {
  try {
    if (typeof localStorage !== "undefined") return localStorage;
  } catch {
    // A page may be refused even the look.
  }
  const held = new Map<string, string>();
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value) };
}
