// What the room's player needs of a way to play something.
import type { MediaProblem, Play, PlayerKind } from "../protocol.ts";
import type { Device } from "./device.ts";

export interface BackendEvents {
  /** The browser wants a gesture before it makes a sound, or something paused the player. */
  blocked(): void;
  playing(): void;
  /** This medium cannot be played here, with a sentence for people and a word for the server. */
  failed(message: string, problem: MediaProblem | null): void;
}

/** What a backend is told of the world: the room's time, the device's habits, whom to tell. */
export interface Surroundings {
  /** The server's time in ms, moved by the device's nudge. */
  now(): number;
  readonly device: Device;
  readonly events: BackendEvents;
}

export interface Backend {
  readonly kind: PlayerKind | null;
  readonly play: Play;
  readonly playing: boolean;
  /** The measured error in ms, + = ahead, or null while unknown. */
  readonly errorMs: number | null;
  readonly positionMs: number | null;
  /** Corrections by seeking, and times without data, since the beginning. */
  readonly seeks: number;
  readonly stalls: number;
  /** Seeking does not help here: the place is only roughly kept. */
  readonly struggling: boolean;
  /** How long before its start `begin` should be called for sound to come on time. */
  readonly leadMs: number;
  /** Begin: on the start when that is near, else at the position that is right now. */
  begin(): void;
  /** Look at the clock and correct; called about ten times a second while on air. */
  tick(): void;
  /** The same media at another time: a cue became a play, or the play has a new timing vector. */
  retime(play: Play): void;
  setVolume(volume: number, muted: boolean): void;
  /** Make sound, inside a gesture. */
  unblock(): void;
  dispose(): void;
}
