"""The event loop of generator and workers: uvloop where there is one."""

from __future__ import annotations

import asyncio


def fast_runner() -> asyncio.Runner:
    """Return a runner on the fastest loop at hand: what the generator saves, the plan is kept with."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)
