// What was measured of one strategy's people, and its figures.

export function percentile(values: readonly number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? null;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}

function figures(values: readonly number[]): Record<string, number | null> {
  const of = (part: number): number | null => rounded(percentile(values, part));
  return { n: values.length, p50: of(0.5), p95: of(0.95), p99: of(0.99), max: of(1) };
}

/** Parts of a distribution for a chart: the error at each hundredth. */
function distribution(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from({ length: 101 }, (_, i) => rounded(sorted[Math.min(sorted.length - 1, Math.floor((i / 100) * sorted.length))] ?? 0) ?? 0);
}

export class Tally {
  players = 0;
  /** Distances from the timing vector in ms, while nothing has just happened, and at all times. */
  readonly steady: number[] = [];
  readonly always: number[] = [];
  /** Largest minus smallest of all people at one moment. */
  readonly spread: number[] = [];
  /** How far off the first sound of a play is, and how long it was silent before. */
  readonly firstSound: number[] = [];
  readonly gap: number[] = [];
  /** From the join to within 10 ms, in seconds. */
  readonly arrival: number[] = [];
  /** Seeks while nothing had just happened: none should be needed. */
  steadySeeks = 0;
  rateWrites = 0;
  playerHours = 0;

  get report(): object {
    const perHour = (count: number): number | null => rounded(this.playerHours ? count / this.playerHours : null);
    return {
      players: this.players,
      steady_ms: figures(this.steady),
      always_ms: figures(this.always),
      spread_ms: figures(this.spread),
      first_sound_ms: figures(this.firstSound),
      gap_ms: figures(this.gap),
      within_10_ms_after_s: figures(this.arrival),
      steady_seeks_per_player_hour: perHour(this.steadySeeks),
      rate_writes_per_player_minute: rounded(this.playerHours ? this.rateWrites / this.playerHours / 60 : null),
      distribution_ms: distribution(this.steady),
    };
  }
}
