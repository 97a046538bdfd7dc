"""
Floods: what is cheap to send and dear to read.

An empty frame is six bytes on the wire and about ten microseconds here, so one packet may hold
half a second of work for everybody's event loop. Hence packets are read in slices, pings and
pongs are counted, and little more is read from whoever is being closed.
"""

from __future__ import annotations

from collections.abc import Iterator

SLICE_BYTES = 4096
"""Bytes fed to the frame layer at a time: at most 7 ms of empty frames."""
CLOSING_BYTES = 4096
"""Bytes still read from a client that is being closed; its own close frame comes first, or never."""
CONTROLS_MAX = 100
CONTROLS_MS = 10_000
"""A client may send so many pings and pongs in so much time; the most eager libraries send one a second."""


def slices(data: bytes) -> Iterator[bytes]:
    """Yield a packet in slices."""
    if len(data) <= SLICE_BYTES:
        yield data
        return
    for start in range(0, len(data), SLICE_BYTES):
        yield data[start : start + SLICE_BYTES]


class Controls:
    """Counts the pings and pongs of a connection in windows of :data:`CONTROLS_MS`."""

    __slots__ = ("_began_ms", "_count")

    def __init__(self) -> None:
        self._began_ms = 0
        self._count = 0

    def is_flood(self, now_ms: int) -> bool:
        """Count one, and say whether it is one too many."""
        if now_ms - self._began_ms >= CONTROLS_MS:
            self._began_ms, self._count = now_ms, 0
        self._count += 1
        return self._count > CONTROLS_MAX
