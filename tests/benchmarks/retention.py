"""``python -m tests.benchmarks.retention``: 120 days of recording and sweeping, in minutes."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from tests.support.retention_days import Days


def main() -> None:
    """Let the days pass; an assertion that fails is a broken promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=120)
    days = parser.parse_args().days
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(Days(Path(folder) / "data").run(days))
    print(f"{days} days in {time.perf_counter() - began:.0f} s: {tally}")


if __name__ == "__main__":
    main()
