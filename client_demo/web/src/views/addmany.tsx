import { useEffect, useState } from "preact/hooks";
import type { Length } from "../app/draft";
import { addMedia } from "../app/playlists";
import { lookUp } from "../app/lookup";
import { formatDuration, LIMITS, type Link, type Media, parseDuration } from "@roomserver/client";
import { T } from "../testids";
import { mediaOf, measured } from "./addlink";

interface Entry {
  link: Link;
  title: string;
  typed: string;
  length: Length;
}

/** Several links at once: files are measured by themselves, YouTube videos need title and length. */
export function AddMany({ links, done }: { links: readonly Link[]; done: () => void }) {
  const [entries, setEntries] = useState<Entry[]>(() => links.map(entryOf));
  const [busy, setBusy] = useState(false);
  const change = (index: number, part: Partial<Entry>): void => setEntries((now) => now.map((entry, at) => (at === index ? { ...entry, ...part } : entry)));
  useEffect(() => {
    let current = true;
    void measureAll(links, (index, part) => {
      if (current) setEntries((now) => now.map((entry, at) => (at === index ? { ...entry, ...part, title: entry.title || (part.title ?? "") } : entry)));
    });
    return () => void (current = false);
  }, [links]);
  const ready = entries.map(mediaIn).filter((media) => media !== null);
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const worked = await addMedia(ready);
    setBusy(false);
    if (worked) done();
  };
  return (
    <form class="add-link" onSubmit={(event) => void add(event)} data-testid={T.addMany}>
      <ul class="many">
        {entries.map((entry, index) => <Row key={index} entry={entry} change={(part) => change(index, part)} />)}
      </ul>
      <div class="row-end">
        <button type="button" onClick={done}>Cancel</button>
        <button class="primary" type="submit" disabled={busy || ready.length === 0} data-testid={T.addManySubmit}>
          {ready.length === entries.length ? `Add ${ready.length} tracks` : `Add ${ready.length} of ${entries.length} tracks`}
        </button>
      </div>
    </form>
  );
}

function Row({ entry, change }: { entry: Entry; change: (part: Partial<Entry>) => void }) {
  const { link, title, typed, length } = entry;
  return (
    <li>
      <input value={title} placeholder="Title" aria-label="Title" maxLength={LIMITS.TITLE_CHARS} onInput={(event) => change({ title: event.currentTarget.value })} />
      {link.source === "youtube" ? (
        <input class="short" value={typed} placeholder="3:25" aria-label="Length as minutes:seconds" onInput={(event) => change({ typed: event.currentTarget.value })} />
      ) : (
        <span class={`short ${length.kind === "failed" ? "bad" : "muted"}`} title={length.kind === "failed" ? length.why : ""}>{lengthWords(length)}</span>
      )}
      <small class="muted">{link.source === "youtube" ? `YouTube ${link.id}` : link.url}</small>
    </li>
  );
}

function entryOf(link: Link): Entry {
  const title = link.source === "direct" ? link.title.slice(0, LIMITS.TITLE_CHARS) : "";
  return { link, title, typed: "", length: { kind: link.source === "direct" ? "measuring" : "unknown" } };
}

/** One file after the other: many at once would wait for each other anyway. */
async function measureAll(links: readonly Link[], tell: (index: number, part: Partial<Entry>) => void): Promise<void> {
  for (const [index, link] of links.entries()) {
    if (link.source === "direct") {
      tell(index, { length: await measured(link) });
      continue;
    }
    const known = await lookUp(link);
    if (known) tell(index, { title: known.title, ...(known.duration_ms && { typed: formatDuration(known.duration_ms) }) });
  }
}

function mediaIn({ link, title, typed, length }: Entry): Media | null {
  const ms = link.source === "youtube" ? parseDuration(typed) : length.kind === "known" ? length.ms : null;
  return ms !== null && title.trim() ? mediaOf(link, title.trim(), ms) : null;
}

function lengthWords(length: Length): string {
  if (length.kind === "known") return formatDuration(length.ms);
  return length.kind === "failed" ? "cannot play" : "…";
}
