// The own favourite rooms.
import { computed, effect, signal } from "@preact/signals";
import type { RoomSummary } from "@roomserver/client";
import { attempt } from "./explain";
import { client, isGuest, me, online } from "./session";

export const favorites = signal<RoomSummary[]>([]);
const ids = computed(() => new Set(favorites.value.map((room) => room.id)));

export function isFavorite(id: string): boolean {
  return ids.value.has(id);
}

/** Read them anew for whoever logs in. */
export function startFavorites(): void {
  effect(() => {
    const account = online.value && !isGuest.value ? me.value?.id : undefined;
    if (account === undefined) favorites.value = [];
    else void loadFavorites();
  });
}

export async function loadFavorites(): Promise<void> {
  const result = await client.request("favorite.list", {}).catch(() => null);
  if (result) favorites.value = result.rooms;
}

export async function setFavorite(id: string, on: boolean): Promise<void> {
  if (await attempt(client.request("favorite.set", { room: id, on }))) await loadFavorites();
}
