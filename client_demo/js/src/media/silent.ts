// Keeps time for a source that cannot be played here.
import type { Play } from "../protocol.ts";
import type { Backend, Surroundings } from "./backend.ts";

export class SilentBackend implements Backend {
  readonly kind = null;
  readonly playing = false;
  readonly errorMs = null;
  readonly positionMs = null;
  readonly seeks = 0;
  readonly stalls = 0;
  readonly struggling = false;
  readonly leadMs = 0;

  constructor(
    public play: Play,
    private readonly around: Surroundings,
  ) {}

  begin(): void {
    this.around.events.failed("This page cannot play SoundCloud tracks yet.", null);
  }

  tick(): void {}

  retime(play: Play): void {
    this.play = play;
  }

  setVolume(): void {}

  unblock(): void {}

  dispose(): void {}
}
