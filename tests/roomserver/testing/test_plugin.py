"""The plugin, in a project that knows nothing of this one's tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
async def test_hello(room_server):
    ann = await room_server.user("ann")
    bob = await room_server.user("bob")
    await ann.join("lobby")
    await bob.join("lobby")
    await ann.chat("hello")
    assert (await bob.hears()).text == "hello"
    await room_server.advance(3600)
"""


@pytest.mark.slow
def test_found_by_itself(tmp_path: Path) -> None:
    """A bot's author writes a test that asks for the fixture, and nothing else."""
    (tmp_path / "test_bot.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "1 passed" in run.stdout, run.stdout + run.stderr
