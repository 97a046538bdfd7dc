import { effect } from "@preact/signals";
import { looksLikeVideo, RoomPlayer, type Play } from "@roomserver/client";
import { useEffect, useRef } from "preact/hooks";
import { muted, volume } from "../app/prefs";
import { player, snapshot } from "../app/room";
import { client } from "../app/session";
import { T } from "../testids";
import { Icon } from "./icons";
import { Sleeve } from "./sleeve";

/** Where the player shows itself; a record turns on it while there is only sound. */
export function Screen() {
  const mount = useRef<HTMLDivElement>(null);
  const held = useRef<RoomPlayer | null>(null);
  useEffect(() => {
    if (!mount.current) return;
    const made = new RoomPlayer(mount.current, () => client.clock.now(), (view) => (player.value = view));
    held.current = made;
    const loudness = effect(() => made.setVolume(volume.value, muted.value));
    let last: Play | null | undefined;
    const follow = effect(() => {
      const play = snapshot.value ? snapshot.value.booth.play : undefined;
      if (play === undefined || play === last) return;
      last = play;
      made.set(play);
    });
    return () => {
      follow();
      loudness();
      made.dispose();
    };
  }, []);
  const { onAir, blocked, problem } = player.value;
  return (
    <div class="screen">
      {!(onAir && isVideo(onAir)) && <Sleeve play={onAir} />}
      <div class="player" ref={mount} data-testid={T.player} data-play-id="" data-playing="false" />
      {problem && <p class="screen-note" role="status">{problem}</p>}
      {blocked && (
        <button class="primary big tap" data-testid={T.tapToListen} onClick={() => held.current?.unblock()}>
          <Icon name="volume" /> Tap to listen
        </button>
      )}
    </div>
  );
}

function isVideo({ media }: Play): boolean {
  return media.source === "youtube" || looksLikeVideo(media.source_id);
}
