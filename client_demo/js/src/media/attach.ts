// A room's sound on a page: follows what the room plays, and reports how well that goes.
import type { Client } from "../client.ts";
import type { Play, PlayCue } from "../protocol.ts";
import type { Room } from "../room.ts";
import { Device } from "./device.ts";
import { RoomPlayer, type PlayerView } from "./player.ts";

export interface AttachOptions {
  /** What this device learned; shared by all rooms of a page when given. */
  device?: Device;
  /** Play short files through Web Audio where their host allows it: exact to the sample. */
  webAudio?: boolean;
  /** Be told what is on air, and whether the browser wants a gesture. */
  changed?: (view: PlayerView) => void;
  random?: () => number;
}

export interface Attached {
  readonly player: RoomPlayer;
  detach(): void;
}

/**
 * Play a room on a page, in time with everybody else.
 *
 * Give it a container, and it makes its own elements, two of them around an advance: no gap. Give it
 * an audio or video element, and everything plays on that one; loading the next track then takes
 * a moment of silence.
 */
export function attachMedia(client: Client, room: Room, target: HTMLElement, options: AttachOptions = {}): Attached {
  const { device = new Device(), webAudio = false, changed = () => undefined, random = Math.random } = options;
  const element = "currentTime" in target ? { element: target as HTMLMediaElement } : {};
  const base = client.url.replace(/^ws/, "http");
  const player = new RoomPlayer(target, () => client.clock.now(), changed, { base, device, webAudio, ...element });
  const follower = follow(room, player);
  const reporter = report(client, room, player, random);
  return {
    player,
    detach() {
      follower();
      reporter();
      player.dispose();
    },
  };
}

function follow(room: Room, player: RoomPlayer): () => void {
  let play: Play | null | undefined;
  let cue: PlayCue | null = null;
  const look = (): void => {
    const { state } = room;
    if (!state) return;
    const next = state.snapshot.booth.play;
    // The play first: what the cue had loaded for it must not be thrown away.
    if (next !== play) player.set((play = next), state.stopsAtMs);
    if (state.cue !== cue) player.cue((cue = state.cue));
  };
  look();
  return room.subscribe(look);
}

/** Report about once per announced interval, at moments that differ from client to client. */
function report(client: Client, room: Room, player: RoomPlayer, random: () => number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (part: number): void => {
    const everyMs = client.hello?.limits.sync_report_ms ?? 0;
    timer = setTimeout(() => now(), everyMs > 0 ? everyMs * part : 60_000);
  };
  const now = (): void => {
    const taken = client.hello?.limits.sync_report_ms ? player.takePlayback() : null;
    if (taken && client.status.kind === "online" && room.state) {
      const { playId, player: kind, playback } = taken;
      const rtt_ms = Math.round(client.clock.rttMs ?? 0);
      // A refusal changes nothing here: the play may just be over.
      room.request("sync.report", { play_id: playId, player: kind, rtt_ms, ...playback }).catch(() => undefined);
    }
    later(0.9 + 0.2 * random());
  };
  later(random());
  return () => clearTimeout(timer);
}
