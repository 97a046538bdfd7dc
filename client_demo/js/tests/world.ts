// Values and a stand-in socket for the tests.
import { encode } from "@msgpack/msgpack";
import type { ChatMessage, JoinResult, Media, Play, Snapshot, User } from "../src/protocol.ts";
import type { SocketLike } from "../src/socket.ts";

export const ROOM = "r1";

export function user(id: string, name = id): User {
  return { id, name, kind: "user", created_at_ms: 0 };
}

export function media(title = "a track"): Media {
  return { source: "direct", source_id: "/media/a.wav", title, duration_ms: 60_000 };
}

export function play(id: string, dj: User = user("dj"), started_at_ms = 1000): Play {
  return { id, dj, media: media(), started_at_ms, duration_ms: 60_000, position_ms: 0, velocity: 1 };
}

export function message(seq: number, text = `text ${seq}`, from: User = user("ann")): ChatMessage {
  return { room: ROOM, seq, at_ms: seq, id: `m${seq}`, user: from, text, mentions: [] };
}

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  return {
    room: { id: ROOM, slug: "lobby", name: "Lobby", description: "", welcome: "", created_at_ms: 0 },
    settings: {
      private: false, password: false, capacity: 10, waitlist_cap: 10, slow_mode_ms: 0,
      guests_chat: false, locked: false, cycle: false,
    },
    booth: { dj: null, play: null, leave_after_play: false },
    waitlist: [],
    votes: { play_id: null, woots: 0, mehs: 0, grabs: 0 },
    chat: [],
    staff: [],
    ...part,
  };
}

export function joinResult(part: Partial<JoinResult> = {}): JoinResult {
  return {
    epoch: "e1",
    seq: 10,
    recovered: false,
    snapshot: snapshot(),
    you: { role: "user" },
    members: { version: 1, population: 1, guests: 0, members: [] },
    votes: null,
    durations_ms: [],
    notice: { rev: 1, hash: "h", url: "/privacy", text: "Chat is kept for 30 days.", categories: [] },
    ...part,
  };
}

/** Values back to back, as the server writes them. */
export function bytes(...values: unknown[]): Uint8Array<ArrayBuffer> {
  const parts = values.map((value) => encode(value, { ignoreUndefined: true }));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export class FakeSocket implements SocketLike {
  binaryType = "";
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  sent: Uint8Array[] = [];
  closed = false;

  send(data: Uint8Array): void {
    // The encoder reuses its buffer.
    this.sent.push(data.slice());
  }

  close(): void {
    this.closed = true;
  }

  receive(...values: unknown[]): void {
    this.onmessage?.({ data: bytes(...values) });
  }

  drop(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

/** Let promises that are ready run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
