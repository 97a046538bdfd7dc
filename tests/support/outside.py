"""A project that knows nothing of this one's tests, as a bot's author has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

INI = "[pytest]\nasyncio_mode = auto\n"


def passes(folder: Path, test: str) -> None:
    """Check that a test file passes in a folder of its own, as its author would run it."""
    (folder / "test_outside.py").write_text(test, encoding="utf-8")
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "1 passed" in run.stdout, run.stdout + run.stderr
