"""Chaos for as long as one likes: ``python -m tests.chaos SECONDS [SEED]``."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import run

MINUTES = 5.0


def main(argv: list[str]) -> None:
    """Run, and print what happened and the seed that brings the same weather again."""
    seconds = float(argv[0]) if argv else MINUTES * 60
    seed = int(argv[1]) if argv[1:] else time.time_ns() % 1_000_000
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(Path(folder) / "data", seed, seconds))
    print(
        f"{seconds:.0f} s: {report.said} messages said, each once; {report.seen} events seen, none missed,"
        f" none twice; {report.connections} connections; faults: {dict(report.faults)}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
