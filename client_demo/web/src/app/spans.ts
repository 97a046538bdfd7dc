// Spans of time as people write them: "10:00", "30 s", "1 h 30 min", "2 days", "off". Pure.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: [RegExp, number][] = [
  [/^(?:s|secs?|seconds?)$/, SECOND],
  [/^(?:m|mins?|minutes?)$/, MINUTE],
  [/^(?:h|hrs?|hours?)$/, HOUR],
  [/^(?:d|days?)$/, DAY],
  [/^(?:w|weeks?)$/, 7 * DAY],
];
const OFF = new Set(["", "off", "0", "none", "no", "never"]);
const PART = /(\d+(?:[.,]\d+)?)\s*([a-z]+)/g;

/** Read a span as milliseconds; 0 for "off", null when it cannot be read. */
export function parseSpan(text: string): number | null {
  const plain = text.trim().toLowerCase();
  if (OFF.has(plain)) return 0;
  if (/^\d{1,3}(:\d{2}){1,2}$/.test(plain)) return clockSpan(plain);
  if (plain.replace(PART, "").trim() !== "") return null;
  let sum = 0;
  for (const [, amount, unit] of plain.matchAll(PART)) {
    const size = UNITS.find(([words]) => words.test(unit ?? ""))?.[1];
    if (size === undefined) return null;
    sum += Number((amount ?? "").replace(",", ".")) * size;
  }
  return Math.round(sum);
}

function clockSpan(text: string): number | null {
  const parts = text.split(":").map(Number);
  if (parts.slice(1).some((part) => part > 59)) return null;
  return parts.reduce((sum, part) => sum * 60 + part, 0) * SECOND;
}

/** Write a span so that `parseSpan` reads it back: "off", "45 s", "1 h 30 min", "2 days". */
export function formatSpan(ms: number): string {
  if (ms <= 0) return "off";
  const parts: string[] = [];
  let rest = Math.max(SECOND, Math.round(ms / SECOND) * SECOND);
  for (const [size, one, many] of [[DAY, "day", "days"], [HOUR, "h", "h"], [MINUTE, "min", "min"], [SECOND, "s", "s"]] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`);
    rest -= count * size;
  }
  return parts.join(" ");
}

/** Write about how long, in one or two words: "40 s", "12 min", "3 h", "2 days". */
export function roughSpan(ms: number): string {
  if (ms < 90 * SECOND) return `${Math.max(1, Math.ceil(ms / SECOND))} s`;
  if (ms < 90 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 36 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
}
