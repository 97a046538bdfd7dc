"""
What a message costs, in counts that repeat: steps of the interpreter, writes, statements.

Times depend on the machine; these do not. They stand in ``counts.json``, as they were
recorded last. A change that makes a message cost more than a twentieth more fails here; one
that makes it cost less asks for the new figure to be recorded:
``python -m tests.benchmarks.counts --record``.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from tests.benchmarks.inside import Inside, inside

RECORDED = Path(__file__).with_name("counts.json")
MESSAGES = 20
SMALL, LARGE = 20, 220


class Steps:
    """Counts the interpreter's steps (bytecodes) in this project's own code, in this thread."""

    def __init__(self) -> None:
        self.count = 0
        self._root = str(Path(__file__).resolve().parents[2])

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        del arg
        if event == "call":
            name = frame.f_code.co_filename
            if not name.startswith(self._root) or "/tests/" in name:
                return None
            frame.f_trace_lines = False
            frame.f_trace_opcodes = True
        elif event == "opcode":
            self.count += 1
        return self._trace

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count what happens in the block."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)


async def _beat_of(here: Inside, messages: int) -> tuple[int, int]:
    """Return steps and writes of messages that come in one beat."""
    steps, before = Steps(), here.writes()
    with steps.counting():
        for number in range(messages):
            here.guests[0][number].chat(here.rooms[0])
        await here.told()
    return steps.count, here.writes() - before


async def _typical(here: Inside, messages: int, beats: int) -> tuple[float, float]:
    """Return the medians of several beats: now and then a timer falls into one."""
    found = [await _beat_of(here, messages) for _ in range(beats)]
    return statistics.median(steps for steps, _ in found), statistics.median(writes for _, writes in found)


async def _measured(members: int) -> dict[str, float]:
    async with inside(1, members) as here:
        await _typical(here, 1, 5)
        await _typical(here, MESSAGES, 1)
        gc.collect()
        paced, paced_writes = await _typical(here, 1, 15)
        burst, burst_writes = await _typical(here, MESSAGES, 5)
    return {"paced": paced, "paced_writes": paced_writes, "burst": burst, "burst_writes": burst_writes}


async def measure() -> dict[str, float]:
    """
    Return the counts of one message and of one delivery.

    Two rooms of different size tell apart what a message costs and what each delivery adds.
    """
    small, large = await _measured(SMALL), await _measured(LARGE)
    paced = (large["paced"] - small["paced"]) / (LARGE - SMALL)
    burst = (large["burst"] - small["burst"]) / (LARGE - SMALL) / MESSAGES
    return {
        "steps_per_delivery": paced,
        "steps_per_delivery_in_a_burst": burst,
        "steps_per_message": small["paced"] - paced * SMALL,
        "steps_per_message_in_a_burst": small["burst"] / MESSAGES - burst * SMALL,
        "writes_per_delivery": large["paced_writes"] / LARGE,
        "writes_per_delivery_in_a_burst": large["burst_writes"] / MESSAGES / LARGE,
    }


def most(count: float) -> float:
    """Return how much a count may be where it was this: a twentieth more, and half a step."""
    return count * 1.05 + 0.5


def recorded() -> dict[str, float]:
    """Return the counts as they were recorded last."""
    counts: dict[str, float] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return counts


def main() -> None:
    """Print the counts beside the recorded ones, or record them."""
    counts = asyncio.run(measure())
    before = recorded() if RECORDED.is_file() else {}
    for name, count in counts.items():
        print(f"{name:<32} {count:10.2f}   recorded {before.get(name, 0):10.2f}")
    if "--record" in sys.argv:
        text = json.dumps({name: round(count, 2) for name, count in counts.items()}, indent=1)
        RECORDED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
