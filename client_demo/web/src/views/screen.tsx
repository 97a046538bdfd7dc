import { looksLikeVideo, type Play } from "@roomserver/client";
import { useEffect, useRef } from "preact/hooks";
import { player } from "../app/room";
import { startSound, unblock } from "../app/sound";
import { T } from "../testids";
import { Icon } from "./icons";
import { Sleeve } from "./sleeve";

/** Where the player shows itself; a record turns on it while there is only sound. */
export function Screen() {
  const mount = useRef<HTMLDivElement>(null);
  useEffect(() => (mount.current ? startSound(mount.current) : undefined), []);
  const { onAir, blocked, problem } = player.value;
  return (
    <div class="screen">
      {!(onAir && isVideo(onAir)) && <Sleeve play={onAir} />}
      <div class="player" ref={mount} data-testid={T.player} data-play-id="" data-playing="false" />
      {problem && <p class="screen-note" role="status">{problem}</p>}
      {blocked && (
        <button class="primary big tap" data-testid={T.tapToListen} onClick={unblock}>
          <Icon name="volume" /> Tap to listen
        </button>
      )}
    </div>
  );
}

function isVideo({ media }: Play): boolean {
  return media.source === "youtube" || looksLikeVideo(media.source_id);
}
