// The own playlists: the list, and the items of the one that is looked at.
import { signal } from "@preact/signals";
import type { Media, MethodName, Methods, Playlist, PlaylistItem } from "../protocol";
import { explain, say } from "./explain";
import { client } from "./session";

export const playlists = signal<Playlist[] | null>(null);
export const chosen = signal<string | null>(null);
export const items = signal<PlaylistItem[]>([]);
export const total = signal(0);
const cursor = signal<string | undefined>(undefined);

export function hasMore(): boolean {
  return cursor.value !== undefined;
}

export async function loadPlaylists(): Promise<void> {
  const result = await call("playlist.list", {});
  if (!result) return;
  playlists.value = result.playlists;
  const kept = result.playlists.find((list) => list.id === chosen.value);
  const shown = kept ?? result.playlists.find((list) => list.active) ?? result.playlists[0];
  chosen.value = shown?.id ?? null;
  await loadItems();
}

export async function choose(id: string): Promise<void> {
  chosen.value = id;
  await loadItems();
}

export async function loadItems(more = false): Promise<void> {
  const id = chosen.value;
  if (id === null) {
    items.value = [];
    total.value = 0;
    cursor.value = undefined;
    return;
  }
  const from = more && cursor.value !== undefined ? { cursor: cursor.value } : {};
  const page = await call("playlist.items", { playlist_id: id, ...from });
  if (!page || chosen.value !== id) return;
  items.value = more ? [...items.value, ...page.items] : page.items;
  total.value = page.total;
  cursor.value = page.next_cursor;
}

export async function createPlaylist(name: string): Promise<boolean> {
  const result = await call("playlist.create", { name });
  if (!result) return false;
  chosen.value = result.playlist.id;
  await loadPlaylists();
  return true;
}

/** Change the chosen playlist, then look again. */
export async function change<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<void> {
  if (await call(method, params)) await loadPlaylists();
}

/** Add one media to the chosen playlist, making a first playlist where there is none. */
export async function addMedia(media: Media): Promise<boolean> {
  if (chosen.value === null && !(await createPlaylist("My playlist"))) return false;
  const result = await call("playlist.insert", { playlist_id: chosen.value ?? "", items: [media] });
  if (!result) return false;
  if (result.already.length > 0) say("That track was in the playlist already.");
  await loadPlaylists();
  return true;
}

async function call<M extends MethodName>(
  method: M,
  params: Methods[M]["params"],
): Promise<Methods[M]["result"] | null> {
  try {
    return await client.request(method, params);
  } catch (error) {
    say(explain(error));
    return null;
  }
}
