"""The life of a connection: the stage it is in, and when that must be over."""

from __future__ import annotations

from typing import NamedTuple

HANDSHAKE_MS = 5_000
"""Time for the request's head; slower clients are a slowloris."""
UPLOAD_MS = 120_000
"""Time for a file that is sent: five megabytes over a slow mobile network."""
RESPONSE_MS = 60_000
"""Time to take a plain HTTP response."""
CLOSE_MS = 2_000
"""Time for the client's half of the closing handshake."""
HIGH_WATER_BYTES = 64 * 1024
"""Unsent bytes at which reading pauses: a client that asks without reading gets no more answers."""
SLOW_BYTES = 256 * 1024
"""Unsent bytes at which latest-value events are left out."""
FULL_BYTES = 1024 * 1024
"""Unsent bytes at which a connection is closed as a slow consumer (Centrifugo: 1 MiB too)."""
STALLED_MS = 10_000
"""Time without any progress at which it is closed."""


class Life(NamedTuple):
    """A stage (handshake, upload, response, authentication, open, closing, over) and its deadline (ms)."""

    stage: str
    until_ms: int | None


OVER = Life("over", None)
"""Nothing is due any more."""
