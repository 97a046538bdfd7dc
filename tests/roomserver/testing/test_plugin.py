"""The plugin, in a project that knows nothing of this one's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.outside import passes

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
    passes(tmp_path, TEST)
