import { useState } from "preact/hooks";
import { AddMany } from "./addmany";
import { type Draft, type Length, lookedUp, NO_DRAFT, rewritten } from "../app/draft";
import { addMedia } from "../app/playlists";
import { lookUp } from "../app/lookup";
import {
  formatDuration,
  LIMITS,
  type Link,
  type Media,
  parseDuration,
  parseLink,
  parseLinks,
} from "@roomserver/client";
import { measureDuration } from "../app/measure";
import { T } from "../testids";

/** Adding by link: files are measured here, for YouTube the person says title and length. */
export function AddLink() {
  const draft = useDraft();
  const [many, setMany] = useState<Link[] | null>(null);
  const { text, link, title, typed, media } = draft;
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (media && (await addMedia([media]))) draft.clear();
  };
  const paste = (value: string): boolean => {
    const links = parseLinks(value);
    if (links.length > 1) setMany(links);
    return links.length > 1;
  };
  if (many) {
    const done = (): void => {
      setMany(null);
      draft.clear();
    };
    return <AddMany links={many} done={done} />;
  }
  return (
    <form class="add-link" onSubmit={(event) => void add(event)}>
      <input
        value={text}
        placeholder="Paste links: audio or video files, or YouTube"
        aria-label="Link to a track, or several"
        data-testid={T.addUrl}
        onPaste={(event) => paste(event.clipboardData?.getData("text/plain") ?? "") && event.preventDefault()}
        onInput={(event) => paste(event.currentTarget.value) || draft.paste(event.currentTarget.value)}
      />
      {link && (
        <input value={title} placeholder="Title" aria-label="Title" maxLength={LIMITS.TITLE_CHARS} data-testid={T.addTitle} onInput={(event) => draft.set({ title: event.currentTarget.value })} />
      )}
      {link?.source === "youtube" && (
        <input value={typed} placeholder="Length, like 3:25" aria-label="Length as minutes:seconds" data-testid={T.addDuration} onInput={(event) => draft.set({ typed: event.currentTarget.value })} />
      )}
      <p class="add-state" role="status" data-testid={T.addState}>{sentence(text, link, draft.length, typed)}</p>
      <button class="primary" type="submit" disabled={!media} data-testid={T.addSubmit}>Add to playlist</button>
    </form>
  );
}

/** The link being added: what it is, and its length as soon as that is known. */
function useDraft() {
  const [draft, setDraft] = useState(NO_DRAFT);
  // An answer about a link that was replaced meanwhile is dropped.
  const answered = (text: string, take: (now: Draft) => Draft): void => setDraft((now) => (now.text === text ? take(now) : now));
  const paste = (value: string): void => {
    const found = parseLink(value);
    setDraft((now) => rewritten(now, value));
    if (found?.source === "youtube") void lookUp(found).then((known) => answered(value, (now) => lookedUp(now, known)));
    else if (found) void measured(found).then((length) => answered(value, (now) => ({ ...now, length })));
  };
  const clear = (): void => setDraft(NO_DRAFT);
  const { text, link, title, typed, length } = draft;
  const ms = link?.source === "youtube" ? parseDuration(typed) : length.kind === "known" ? length.ms : null;
  const media = link && ms !== null && title.trim() ? mediaOf(link, title.trim(), ms) : null;
  const set = (part: Pick<Draft, "title"> | Pick<Draft, "typed">): void => setDraft((now) => ({ ...now, ...part }));
  return { text, link, title, typed, length, media, paste, set, clear };
}

export async function measured(link: Extract<Link, { source: "direct" }>): Promise<Length> {
  try {
    return { kind: "known", ms: await measureDuration(link.url, link.video) };
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

export function mediaOf(link: Link, title: string, ms: number): Media {
  if (link.source === "direct") return { source: "direct", source_id: link.url, title, duration_ms: ms };
  const start = link.startMs > 0 && link.startMs < ms ? { start_ms: link.startMs } : {};
  return { source: "youtube", source_id: link.id, title, duration_ms: ms, ...start };
}

function sentence(text: string, link: Link | null, length: Length, typed: string): string {
  if (!text.trim()) return "";
  if (!link) return "That is not a link to a file or to a YouTube video.";
  if (link.source === "youtube" && length.kind === "measuring") return "Looking it up…";
  if (link.source === "youtube") return typed && parseDuration(typed) === null ? "Write the length like 3:25." : "Title and length, please: YouTube does not tell them to this page.";
  if (length.kind === "measuring") return "Measuring the length…";
  if (length.kind === "failed") return length.why;
  return length.kind === "known" ? `Length ${formatDuration(length.ms)}` : "";
}
