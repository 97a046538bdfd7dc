"""The timing vector: where a play is at an instant."""

from __future__ import annotations

from protocol.values import Play


def position_ms(play: Play, server_time_ms: float) -> float:
    """
    Return the media position at a server instant, in milliseconds from the media's start.

    Before ``started_at_ms`` it is the start position; it never passes the end.
    """
    elapsed = max(0.0, server_time_ms - play.started_at_ms)
    return min(play.position_ms + play.velocity * elapsed, float(play.position_ms + play.duration_ms))
