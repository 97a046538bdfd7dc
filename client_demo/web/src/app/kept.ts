// The recording notice in words for people: what, how long, who sees it; and the stages of requests. Pure.
import { LIMITS, type NoticeCategory, type PrivacyRequest, type RequestStage } from "@roomserver/client";
import { formatSpan } from "./spans";

const { DAY_MS, HOUR_MS } = LIMITS;

export function keptFor(ttl: number | null, category = "account"): string {
  if (ttl === null) return category === "account" ? "as long as the account" : "while it lasts";
  if (ttl === 0) return "not kept";
  const years = ttl / (365 * DAY_MS);
  return Number.isInteger(years) ? `${years} ${years === 1 ? "year" : "years"}` : formatSpan(ttl);
}

/** What matters most at the door: "chat (30 days), plays (90 days)". */
export function inShort(categories: readonly NoticeCategory[]): string {
  const known = categories.filter(({ category, ttl_ms }) => category in SHORT && ttl_ms !== 0);
  return known.map(({ category, ttl_ms }) => `${SHORT[category]} (${keptFor(ttl_ms)})`).join(", ");
}

const SHORT: Readonly<Record<string, string>> = {
  chat: "chat",
  video: "plays",
  votes: "votes",
  presence: "coming and going",
  connections: "network addresses",
};

/** How long the own chat may be kept at the most, among which one chooses. */
export const SELF_TTLS: readonly (readonly [ms: number | null, words: string])[] = [
  [null, "As the room says"],
  [30 * DAY_MS, "30 days"],
  [7 * DAY_MS, "7 days"],
  [DAY_MS, "1 day"],
  [HOUR_MS, "1 hour"],
  [0, "Not at all"],
];

export const STAGES: Record<RequestStage, string> = {
  requested: "asked for",
  building: "being put together",
  ready: "ready to fetch",
  fetched: "fetched",
  expired: "not fetched in time, and deleted",
  failed: "failed: ask again, or tell the operator",
  frozen: "account closed to everyone",
  memory: "out of the server's memory",
  rows: "out of the database",
  search: "out of the search",
  bytes: "out of the files",
  complete: "done",
};

/** What stands above a request's steps. */
export function requestTitle({ kind, requested_at_ms }: PrivacyRequest): string {
  return `${kind === "export" ? "Copy of your data" : "Erasure"}, asked for on ${new Date(requested_at_ms).toLocaleString()}`;
}
