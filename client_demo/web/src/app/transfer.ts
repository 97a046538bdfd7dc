// Playlists to and from files, part by part.
import { signal } from "@preact/signals";
import { type InsertResult, LIMITS, RequestError } from "@roomserver/client";
import { explain, patiently, say } from "./explain";
import { namedItem, readLists, splitItems, withoutPath, type ImportList } from "./importing";
import { added, choose, loadItems, loadPlaylists } from "./playlists";
import { client } from "./session";

export interface ImportState {
  lists: ImportList[];
  /** Which list and which of its items comes next. */
  list: number;
  item: number;
  playlistId: string | null;
  /** The playlist that everything goes to; null: a new one per list of the file. */
  into: string | null;
  added: number;
  already: number;
  phase: "ask" | "running" | "stopped" | "done";
  problem: string | null;
}

export const importing = signal<ImportState | null>(null);
export const exporting = signal<string | null>(null);

const FILE_BYTES_MAX = 20 * 1024 * 1024;

export async function pickFile(file: File): Promise<void> {
  try {
    if (file.size > FILE_BYTES_MAX) throw new Error("That file is too big for playlists.");
    const lists = readLists(await file.text(), file.name.replace(/\.json$/i, "") || "Imported");
    importing.value = { lists, list: 0, item: 0, playlistId: null, into: null, added: 0, already: 0, phase: "ask", problem: null };
  } catch (error) {
    say(explain(error));
  }
}

/** Import, and go on where it stopped. */
export async function runImport(): Promise<void> {
  set({ phase: "running", problem: null });
  for (let state = importing.peek(); state && state.list < state.lists.length; state = importing.peek()) {
    const { lists, list, item, into } = state;
    const source = lists[list];
    if (!source) break;
    const target = state.playlistId ?? into ?? (await newList(source.name));
    if (target === null) return;
    set({ playlistId: target });
    const done = await runList(source, item, target);
    if (!done) return;
    set({ list: list + 1, item: 0, playlistId: null });
    await choose(target);
  }
  const end = importing.peek();
  if (!end) return;
  await loadPlaylists();
  set({ phase: "done" });
  say(added(end.added, end.already));
}

/** Leave out the item at which the import stopped. */
export function skipItem(): void {
  const state = importing.peek();
  if (state) set({ item: state.item + 1 });
}

export function endImport(): void {
  importing.value = null;
  void loadPlaylists();
  void loadItems();
}

async function newList(name: string): Promise<string | null> {
  try {
    return (await patiently(() => client.request("playlist.create", { name }))).playlist.id;
  } catch (error) {
    set({ phase: "stopped", problem: explain(error) });
    return null;
  }
}

/** Send a list from an item on. Parts before a refused item are sent too: nothing good is lost. */
async function runList({ name, items }: ImportList, from: number, target: string): Promise<boolean> {
  let end = items.length;
  let refusal: unknown = null;
  while (from < end) {
    const part = splitItems(name, items.slice(0, end), from)[0];
    if (!part || importing.peek() === null) return false;
    try {
      const result: InsertResult = await patiently(() => client.request("playlist.import", { playlist_id: target, text: part.text }));
      from += part.count;
      set({ item: from, added: (importing.peek()?.added ?? 0) + result.items.length, already: (importing.peek()?.already ?? 0) + result.already.length });
    } catch (error) {
      const bad = error instanceof RequestError && error.code === "bad_params" ? namedItem(part, error.field, error.message) : from;
      refusal = error;
      end = bad;
      if (bad === from) break;
    }
  }
  if (refusal === null) return true;
  set({ phase: "stopped", item: from, problem: refusal instanceof RequestError && refusal.code === "bad_params" ? withoutPath(refusal.message) : explain(refusal) });
  return false;
}

export function importInto(into: string | null): void {
  set({ into });
}

function set(part: Partial<ImportState>): void {
  const state = importing.peek();
  if (state) importing.value = { ...state, ...part };
}

/** Collect a playlist page by page and hand it to the browser as a file. */
export async function exportPlaylist(id: string, name: string): Promise<void> {
  try {
    const items: unknown[] = [];
    let head: object = {};
    let cursor: string | undefined;
    do {
      const page = await patiently(() => client.request("playlist.export", { playlist_id: id, ...(cursor !== undefined && { cursor }) }));
      const part = JSON.parse(page.text) as { items?: unknown[] };
      items.push(...(part.items ?? []));
      head = part;
      cursor = page.next_cursor;
      exporting.value = `${items.length} tracks…`;
    } while (cursor !== undefined && items.length <= LIMITS.ITEMS_PER_PLAYLIST);
    download(`${name.replace(/[^\p{L}\p{N} _-]+/gu, "").trim() || "playlist"}.json`, JSON.stringify({ ...head, name, items }, null, 1));
  } catch (error) {
    say(explain(error));
  } finally {
    exporting.value = null;
  }
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
