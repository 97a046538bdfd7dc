"""
The server's clock as this client knows it, and how a silent server is noticed.

The estimator is :mod:`protocol.clock`; here it is fed. A connection that is half open looks
alive for minutes, as nothing comes and nothing fails: only a question that stays unanswered
tells.
"""

from __future__ import annotations

import asyncio
import random
import time

from client_demo.sdk.link import Link
from client_demo.sdk.patience import Patience
from protocol.clock import ClockEstimator, Estimate, Probe
from protocol.commands import ClockSync
from protocol.results import ClockResult

JOIN_PROBES = 8
STEADY_PROBES = 3


def local_us() -> int:
    """Return this machine's clock: it never steps, whatever the wall clock does."""
    return time.monotonic_ns() // 1000


class SyncedClock:
    """The server's time, to the millisecond or so once :meth:`keep` runs."""

    def __init__(self) -> None:
        self._estimator = ClockEstimator()
        self._clock_id: str | None = None
        self._hello_offset_us: float | None = None

    def greeted(self, clock_id: str, server_time_ms: int) -> None:
        """Take the clock of a ``hello``; another ``clock_id`` ends what was known of the last one."""
        if clock_id != self._clock_id:
            self._clock_id = clock_id
            self._estimator.reset()
            # Good to the way of one message: better than nothing until the first probe is back.
            self._hello_offset_us = server_time_ms * 1000 - local_us()

    def now_ms(self) -> float | None:
        """Return the server's clock in milliseconds; None before its ``hello``."""
        now = local_us()
        server = self._estimator.server_us(now)
        if server is None:
            if self._hello_offset_us is None:
                return None
            server = now + self._hello_offset_us
        return server / 1000

    def estimate(self) -> Estimate | None:
        """Return how well the clock is known; None before the first burst of probes."""
        return self._estimator.estimate(local_us())

    async def keep(self, link: Link, patience: Patience) -> None:
        """
        Probe until the link ends, which a probe without an answer does.

        A burst at once, then one every so often, not in step with other clients. Where the clock is
        known from the connection before, the first one is in no hurry either: when a thousand
        clients come back together there is enough to do.

        Raises:
            ConnectionLostError: the link ended.
            RequestError: the server does not want to be probed.

        """
        probes = JOIN_PROBES
        if self._estimator.estimate(local_us()) is not None:
            probes = STEADY_PROBES
            await asyncio.sleep(patience.probe_seconds * random.uniform(0.0, 0.5))  # noqa: S311 - no secret
        while True:
            self._estimator.add([await _probe(link, patience.dead_seconds) for _ in range(probes)])
            probes = STEADY_PROBES
            await asyncio.sleep(patience.probe_seconds * random.uniform(0.75, 1.25))  # noqa: S311 - no secret


async def _probe(link: Link, seconds: float) -> Probe:
    sent = received = local_us()

    def stamp(_answer: ClockResult) -> None:
        # When the answer is read, before anybody who waits for it has run.
        nonlocal received
        received = local_us()

    answer = await link.ask(ClockSync(t1_us=sent), ClockResult, stamp, seconds=seconds)
    return Probe(sent, answer.t2_us, answer.t3_us, received)
