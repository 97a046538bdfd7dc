import { endsAtMs, formatDuration } from "@roomserver/client";
import { inside, player, serverNow } from "../app/room";
import { T } from "../testids";
import { Volume } from "./volume";

/** Title, time and progress of the play on air. */
export function NowPlaying() {
  const play = player.value.onAir;
  const length = play?.duration_ms ?? 0;
  const left = play ? Math.min(length, Math.max(0, endsAtMs(play) - serverNow.value)) : 0;
  return (
    <div class="now">
      <div class="now-line">
        {/* The place is kept while the room is on its way. */}
        <p class="now-text" data-testid={T.nowPlaying}>
          {play ? <strong>{play.media.title}</strong> : inside.value && <strong>Nobody is playing</strong>}
          {play?.media.artist && <span class="now-artist">{play.media.artist}</span>}
        </p>
        {play && <span class="time-left" data-testid={T.timeLeft}>−{formatDuration(left)}</span>}
        <Volume />
      </div>
      <progress max={length || 1} value={length - left} aria-label="Progress of the track" />
    </div>
  );
}
