// The own playlists: the list, and the items of the one that is looked at. Changes are shown
// at once and told to the server; where it refuses, the list is read again.
import { computed, signal } from "@preact/signals";
import { LIMITS, type Media, type MethodName, type Methods, type Playlist, type PlaylistItem } from "@roomserver/client";
import { explain, patiently, say } from "./explain";
import { client } from "./session";

export const playlists = signal<Playlist[] | null>(null);
export const chosen = signal<string | null>(null);
export const items = signal<PlaylistItem[]>([]);
export const total = signal(0);
export const query = signal("");
export const selected = signal<ReadonlySet<string>>(new Set());
export const loading = signal(false);
const cursor = signal<string | undefined>(undefined);

export const shownList = computed(() => playlists.value?.find((list) => list.id === chosen.value) ?? null);

export function hasMore(): boolean {
  return cursor.value !== undefined;
}

/** Read the list; says whether it came. */
export async function loadPlaylists(): Promise<boolean> {
  const result = await call("playlist.list", {});
  if (!result) return false;
  const before = chosen.value;
  take(result.playlists);
  if (chosen.value !== before || items.value.length === 0) await loadItems();
  return true;
}

function take(lists: Playlist[]): void {
  playlists.value = lists;
  const kept = lists.find((list) => list.id === chosen.value);
  const shown = kept ?? lists.find((list) => list.active) ?? lists[0];
  chosen.value = shown?.id ?? null;
}

export async function choose(id: string): Promise<void> {
  chosen.value = id;
  query.value = "";
  await loadItems();
}

export async function search(text: string): Promise<void> {
  query.value = text;
  await loadItems();
}

let turn = 0;

/** Read the chosen list's items, or the next of them; says whether they came, or others were asked for meanwhile. */
export async function loadItems(more = false): Promise<boolean> {
  const id = chosen.value;
  if (more && (loading.value || cursor.value === undefined)) return true;
  if (!more) selected.value = new Set();
  if (id === null) {
    items.value = [];
    total.value = 0;
    cursor.value = undefined;
    return true;
  }
  const mine = ++turn;
  loading.value = true;
  const from = more && cursor.value !== undefined ? { cursor: cursor.value } : {};
  const words = query.value.trim();
  const page = await call("playlist.items", { playlist_id: id, limit: LIMITS.PAGE_MAX, ...from, ...(words && { query: words }) });
  // Another list or other words may have been chosen meanwhile.
  if (mine !== turn) return true;
  loading.value = false;
  if (!page) return false;
  const known = new Set(more ? items.value.map((item) => item.id) : []);
  items.value = more ? [...items.value, ...page.items.filter((item) => !known.has(item.id))] : page.items;
  total.value = page.total;
  cursor.value = page.next_cursor;
  return true;
}

export function select(id: string, on: boolean): void {
  const next = new Set(selected.peek());
  if (on) next.add(id);
  else next.delete(id);
  selected.value = next;
}

export function selectAll(on: boolean): void {
  selected.value = new Set(on ? items.peek().map((item) => item.id) : []);
}

export async function createPlaylist(name: string): Promise<boolean> {
  const result = await call("playlist.create", { name });
  if (!result) return false;
  chosen.value = result.playlist.id;
  query.value = "";
  items.value = [];
  await loadPlaylists();
  return true;
}

export async function deletePlaylist(id: string): Promise<void> {
  const result = await call("playlist.delete", { playlist_id: id });
  if (!result) return;
  take(result.playlists);
  await loadItems();
}

/** Change a playlist itself: its name, or which one is active. */
export async function change<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<boolean> {
  const worked = (await call(method, params)) !== null;
  if (worked) await loadPlaylists();
  return worked;
}

export async function shuffle(id: string): Promise<void> {
  if (await call("playlist.shuffle", { playlist_id: id })) await loadItems();
}

/** Move items, kept in the order they stand in; `at` is a place of the server's kind. */
export async function moveItems(ids: readonly string[], at: "start" | "end" | { after: string }): Promise<void> {
  const moving = new Set(ids);
  const shown = items.peek();
  const moved = shown.filter((item) => moving.has(item.id));
  const rest = shown.filter((item) => !moving.has(item.id));
  const place = at === "start" ? 0 : at === "end" ? rest.length : rest.findIndex((item) => item.id === at.after) + 1;
  // What goes behind items that are not loaded yet leaves the screen.
  const stays = at !== "end" || !hasMore();
  items.value = stays ? [...rest.slice(0, place), ...moved, ...rest.slice(place)] : rest;
  await inParts(moved.map((item) => item.id), at, (part, where) => call("playlist.move", { playlist_id: chosen.value ?? "", item_ids: part, at: where }));
}

export async function removeItems(ids: readonly string[]): Promise<void> {
  const gone = new Set(ids);
  items.value = items.peek().filter((item) => !gone.has(item.id));
  total.value -= gone.size;
  selected.value = new Set();
  await inParts([...ids], null, (part) => call("playlist.remove", { playlist_id: chosen.value ?? "", item_ids: part }));
  await loadPlaylists();
  if (items.value.length < 20 && hasMore()) await loadItems();
}

type At = "start" | "end" | { after: string };

/** A request takes a hundred ids; each next part goes behind the one before. */
async function inParts(ids: string[], at: At | null, send: (part: string[], at: At) => Promise<unknown>): Promise<void> {
  let where: At = at ?? "end";
  for (let from = 0; from < ids.length; from += LIMITS.PAGE_MAX) {
    const part = ids.slice(from, from + LIMITS.PAGE_MAX);
    if ((await send(part, where)) === null) return void loadItems();
    const last = part.at(-1);
    if (where !== "end" && last !== undefined) where = { after: last };
  }
}

export async function updateItem(id: string, fields: Omit<Methods["playlist.update_item"]["params"], "playlist_id" | "item_id">): Promise<void> {
  const params = { playlist_id: chosen.value ?? "", item_id: id, ...fields };
  const { item } = await client.request("playlist.update_item", params);
  items.value = items.peek().map((other) => (other.id === id ? item : other));
}

/** Add media to a playlist, by default the chosen one; makes a first playlist where there is none. */
export async function addMedia(media: readonly Media[], listId?: string): Promise<boolean> {
  if (playlists.peek() === null) await loadPlaylists();
  if (listId === undefined && chosen.value === null && !(await createPlaylist("My playlist"))) return false;
  let already = 0;
  for (let from = 0; from < media.length; from += ADD_AT_ONCE) {
    const part = media.slice(from, from + ADD_AT_ONCE);
    const result = await call("playlist.insert", { playlist_id: listId ?? chosen.value ?? "", items: part });
    if (!result) return false;
    already += result.already.length;
  }
  say(added(media.length - already, already));
  await loadPlaylists();
  await loadItems();
  return true;
}

/** URLs may be long: so many media always fit a message. */
const ADD_AT_ONCE = 5;

export function added(count: number, already: number): string {
  const tracks = (n: number): string => (n === 1 ? "1 track" : `${n} tracks`);
  if (count + already === 0) return "No track was added.";
  if (count === 0) return already === 1 ? "That track was in the playlist already." : `All ${tracks(already)} were in the playlist already.`;
  return `${tracks(count)} added${already > 0 ? `, ${already} already there` : ""}.`;
}

async function call<M extends MethodName>(
  method: M,
  params: Methods[M]["params"],
): Promise<Methods[M]["result"] | null> {
  try {
    return await patiently(() => client.request(method, params));
  } catch (error) {
    say(explain(error));
    return null;
  }
}
