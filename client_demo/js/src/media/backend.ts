// What the room's player needs of a way to play something.
import type { MediaProblem, Play } from "../protocol.ts";

export interface BackendEvents {
  /** The browser wants a gesture before it makes a sound. */
  blocked(): void;
  playing(): void;
  /** This medium cannot be played here, with a sentence for people and a word for the server. */
  failed(message: string, problem: MediaProblem | null): void;
}

export interface Backend {
  readonly play: Play;
  readonly playing: boolean;
  /** The measured error in ms, + = ahead, or null while unknown. */
  readonly errorMs: number | null;
  readonly positionMs: number | null;
  /** Begin, at the position that is right now. */
  begin(): void;
  /** Look at the clock and correct; called about ten times a second while on air. */
  tick(): void;
  /** The same play has a new timing vector. */
  retime(play: Play): void;
  setVolume(volume: number, muted: boolean): void;
  dispose(): void;
}
