// The timing vector: where a play is at an instant. Pure.
import type { Play, PlayCue } from "../protocol.ts";

/** The media position in ms at a server instant; before the start it is the start position. */
export function positionMs(play: Play, serverMs: number): number {
  const elapsed = Math.max(0, serverMs - play.started_at_ms);
  return Math.min(play.position_ms + play.velocity * elapsed, play.position_ms + play.duration_ms);
}

export function endsAtMs(play: Play): number {
  return play.started_at_ms + play.duration_ms;
}

/** The play that a cue announces, as far as it is known; null when the cue was taken back. */
export function announced({ play_id, dj, media, starts_at_ms }: PlayCue): Play | null {
  if (!media || starts_at_ms === null) return null;
  const position_ms = media.start_ms ?? 0;
  const duration_ms = (media.end_ms ?? media.duration_ms) - position_ms;
  return { id: play_id ?? "", dj, media, started_at_ms: starts_at_ms, duration_ms, position_ms, velocity: 1 };
}

/** Say whether two plays need the same thing loaded: the same media from the same place on. */
export function sameSound(one: Play, other: Play): boolean {
  const { source, source_id } = other.media;
  return one.media.source === source && one.media.source_id === source_id && one.position_ms === other.position_ms;
}
