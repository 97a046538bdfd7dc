import type { Play } from "@roomserver/client";
import type { JSX } from "preact";
import { hashOf, HUES } from "../app/look";

/** Patterns of a sleeve, over its two colours; which one a track has follows from its address. */
const PATTERNS: readonly JSX.Element[] = [
  <path d="M0 100 100 0v100Z" />,
  <path d="M50 14a36 36 0 1 1 0 72 36 36 0 0 1 0-72Z" />,
  <path d="M0 20h100v12H0Zm0 24h100v12H0Zm0 24h100v12H0Z" />,
  <path d="M50 8 92 50 50 92 8 50Zm0 24L32 50l18 18 18-18Z" fill-rule="evenodd" />,
  <path d="M0 62q25-24 50 0t50 0v38H0Zm0-34q25-24 50 0t50 0v12q-25 24-50 0t-50 0Z" />,
  <path d="M50 100a50 50 0 0 1 50-50v50ZM0 50a50 50 0 0 1 50-50v50Z" />,
];

/** A record in its sleeve: the track's picture, or one made from its address. */
export function Sleeve({ play }: { play: Play | null }) {
  const hash = hashOf(play ? `${play.media.source} ${play.media.source_id}` : "");
  const hue = hash % HUES;
  const picture = play?.media.thumbnail_url;
  return (
    <div class={`artwork hue-${hue} ${play ? "spinning" : "idle"}`} aria-hidden="true">
      <div class="record"><i /></div>
      <div class="sleeve">
        {picture ? (
          <img src={picture} alt="" referrerpolicy="no-referrer" />
        ) : (
          <>
            <svg viewBox="0 0 100 100" focusable="false"><g class="print">{play ? PATTERNS[(hash >>> 8) % PATTERNS.length] : null}</g></svg>
            {play && <span class="sleeve-text"><b>{play.media.title}</b><span>{play.media.artist}</span></span>}
          </>
        )}
      </div>
    </div>
  );
}
