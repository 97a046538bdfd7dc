// The link being added: what is known of it, and what of that stays when the link changes. Pure.
import { formatDuration, LIMITS, parseLink, type Link, type ResolvedMedia } from "@roomserver/client";

export type Length = { kind: "unknown" } | { kind: "measuring" } | { kind: "known"; ms: number } | { kind: "failed"; why: string };

export interface Draft {
  text: string;
  link: Link | null;
  /** The source that title and length belong to. */
  of: string | null;
  title: string;
  /** The length as the person writes it. */
  typed: string;
  length: Length;
}

export const NO_DRAFT: Draft = { text: "", link: null, of: null, title: "", typed: "", length: { kind: "unknown" } };

/** Another text in the field: title and length go with their source, and stay while it is the same. */
export function rewritten(draft: Draft, text: string): Draft {
  const link = parseLink(text);
  if (!link) return { ...draft, text, link, length: { kind: "unknown" } };
  const of = link.source === "direct" ? link.url : link.id;
  const length: Length = { kind: "measuring" };
  if (of === draft.of) return { ...draft, text, link, length };
  return { text, link, of, title: link.source === "direct" ? link.title.slice(0, LIMITS.TITLE_CHARS) : "", typed: "", length };
}

/** What the server knows of a video, null for nothing. What was typed meanwhile stays. */
export function lookedUp(draft: Draft, known: ResolvedMedia | null): Draft {
  return {
    ...draft,
    title: draft.title || (known?.title ?? ""),
    typed: draft.typed || (known?.duration_ms ? formatDuration(known.duration_ms) : ""),
    length: { kind: "unknown" },
  };
}
