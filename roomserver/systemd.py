"""
What systemd is told: that the server is ready, reloads, stops, and that its loop turns.

The protocol is a datagram of ``NAME=value`` lines to the socket in ``NOTIFY_SOCKET``
(sd_notify(3)); without that variable nothing is told to anybody.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

_USEC = 1_000_000
_PETS = 3
"""Signs of life in a watchdog's period: one may be lost, two are a stall."""


class Notifier:
    """Tells systemd, if it is there. ``watchdog_seconds`` is its patience, None when it has no watchdog."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of an abstract socket.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_seconds = _watchdog(environ)
        self._timer: asyncio.TimerHandle | None = None

    def ready(self, status: str) -> None:
        """Say that clients may come, and begin to show signs of life."""
        self._say("READY=1", f"STATUS={status}")
        if self._timer is None and self.watchdog_seconds is not None:
            self._show_life(self.watchdog_seconds / _PETS)

    def reloading(self) -> None:
        """Say that settings are read again; :meth:`ready` ends it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the server stops; signs of life go on until :meth:`close`."""
        self._say("STOPPING=1")

    def close(self) -> None:
        """Show no more signs of life."""
        if self._timer is not None:
            self._timer.cancel()

    def _show_life(self, seconds: float) -> None:
        # On the loop: where that is stuck, nobody says that all is well.
        self._say("WATCHDOG=1")
        self._timer = asyncio.get_running_loop().call_later(seconds, self._show_life, seconds)

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        # A supervisor that does not listen is no reason to fail.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.sendto("\n".join(lines).encode(), self._address)


def _watchdog(environ: Mapping[str, str]) -> float | None:
    """Return a watchdog's period if it is this process's (sd_watchdog_enabled(3))."""
    period = environ.get("WATCHDOG_USEC", "")
    if not period.isdigit() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(period) / _USEC
