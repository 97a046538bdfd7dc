import { calm } from "../app/calm";
import { player } from "../app/room";
import { Booth } from "./booth";
import { Crowd } from "./crowd";
import { NowPlaying } from "./nowplaying";
import { Screen } from "./screen";

/** What plays, who plays it, and everybody in front of it. */
export function Stage() {
  return (
    <section class={`stage ${player.value.onAir ? "lit" : ""} ${calm.value ? "calm" : ""}`} aria-label="Stage">
      <div class="beams" aria-hidden="true"><i /><i /><i /></div>
      <NowPlaying />
      <Screen />
      <Booth play={player.value.onAir} />
      <Crowd />
    </section>
  );
}
