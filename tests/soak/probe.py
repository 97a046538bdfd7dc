"""The server, with a window: SIGUSR1 makes it write down what it holds, by type."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
from collections import Counter
from pathlib import Path

from roomserver.cli import main

WINDOW = "ROOMSERVER_SOAK_WINDOW"
"""Environment variable with the file that is written."""
COUNTED = ("Connection", "Caller", "Person", "Member", "LiveRoom", "Turn", "Buckets", "TimerHandle")


def look(path: Path) -> None:
    """Write the counts of live objects and of tasks."""
    gc.unfreeze()  # what was there at the start counts too
    gc.collect()
    names = Counter(type(one).__name__ for one in gc.get_objects())
    counts = {name: names[name] for name in COUNTED}
    counts["tasks"] = len(asyncio.all_tasks())
    counts["objects"] = names.total()
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(counts), encoding="ascii")
    draft.replace(path)


def run() -> None:
    """Open the window and be the server."""
    window = Path(os.environ.pop(WINDOW))
    signal.signal(signal.SIGUSR1, lambda *_: look(window))
    main()


if __name__ == "__main__":
    run()
