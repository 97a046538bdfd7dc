// What was played: in this room, and by oneself; and how long a play usually lasts here.
import { effect, signal } from "@preact/signals";
import { usualLength, lengthsOf } from "./eta";
import { room, state } from "./room";
import { client } from "./session";
import type { HistoryResult } from "@roomserver/client";

const REMEMBERED = 20;

/** The lengths of the last plays here, newest last. */
const lengths = signal<number[]>([]);

export function usualMs(): number {
  return usualLength(lengths.value);
}

export function historyPage(kind: "room" | "own", cursor?: string): Promise<HistoryResult> {
  const from = cursor === undefined ? {} : { cursor };
  if (kind === "own") return client.request("history.user", from);
  const here = room.peek();
  return here ? here.request("history.room", from) : Promise.resolve({ plays: [] });
}

/** Learn what plays last: from the history once per room, then from what is heard. */
export function startHistory(): void {
  let roomId: string | null = null;
  let before: { id: string; startedAt: number } | null = null;
  effect(() => {
    const here = state.value;
    const play = here?.snapshot.booth.play ?? null;
    if ((here?.id ?? null) !== roomId) {
      roomId = here?.id ?? null;
      before = null;
      lengths.value = [];
      if (roomId !== null) void learn(roomId);
    }
    if (play?.id === before?.id) return;
    if (before) lengths.value = [...lengths.peek(), client.clock.now() - before.startedAt].slice(-REMEMBERED);
    before = play && { id: play.id, startedAt: play.started_at_ms };
  });
}

async function learn(roomId: string): Promise<void> {
  const result = await room.peek()?.request("history.room", { limit: REMEMBERED }).catch(() => null);
  if (result && state.peek()?.id === roomId) lengths.value = lengthsOf(result.plays).reverse();
}
