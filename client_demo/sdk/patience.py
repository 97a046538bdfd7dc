"""How patient a client is: every time it waits for something, in one place."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from protocol.errors import Verdict

Jitter = Callable[[float, float], float]
"""A random number between two; :func:`random.uniform`, or what a test decides."""


class Patience(NamedTuple):
    """
    Seconds. The defaults are for the open internet; tests and chaos shorten them.

    ``probe_seconds`` apart the server's clock is probed, which also tells whether the server is
    still there: a probe that waits for ``dead_seconds`` ends the connection.
    """

    back_off_seconds: float = 0.5
    back_off_max_seconds: float = 30.0
    calm_seconds: float = 60.0
    """A connection that lasted this long was a success: the next back-off begins small again."""
    connect_seconds: float = 10.0
    request_seconds: float = 30.0
    probe_seconds: float = 20.0
    dead_seconds: float = 8.0


PATIENT = Patience()


class BackOff:
    """
    How long to wait before the next try: full jitter, doubling up to a bound.

    Full jitter spreads a thousand clients that lost the same server over the whole interval,
    where a fixed wait would have them all come back at once.
    """

    def __init__(self, patience: Patience, jitter: Jitter = random.uniform) -> None:
        self._patience = patience
        self._jitter = jitter
        self._tries = 0

    def ended(self, verdict: Verdict, lasted_seconds: float) -> None:
        """
        Note that a connection ended.

        One that lasted was a success, after which failures count anew; so does one that the
        server ended with "reconnect now", unless it did so at once.
        """
        patience = self._patience
        enough = patience.back_off_seconds if verdict is Verdict.RECONNECT else patience.calm_seconds
        if lasted_seconds >= enough:
            self._tries = 0

    def seconds(self, retry_after_ms: int | None = None) -> float:
        """
        Return how long to wait before the next try.

        What the server asked for comes on top: its word is the least, not the whole.
        """
        patience = self._patience
        ceiling = min(patience.back_off_seconds * 2.0**self._tries, patience.back_off_max_seconds)
        self._tries += 1
        return self._jitter(0.0, ceiling) + (retry_after_ms or 0) / 1000
