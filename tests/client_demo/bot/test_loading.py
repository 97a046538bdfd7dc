"""Bots from files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from client_demo.bot.bot import Bot
from client_demo.bot.loading import BotFileError, load, reloads

PING = """
from client_demo.bot import Bot, Context

{name} = Bot()

@{name}.command
async def {command}(ctx: Context) -> None:
    await ctx.reply("pong")
"""


def write(path: Path, name: str = "bot", command: str = "ping") -> Path:
    """Write a bot's file."""
    path.write_text(PING.format(name=name, command=command), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["bot", "robo"])
def test_load(tmp_path: Path, name: str) -> None:
    """The bot is the one named so, or the only one."""
    assert list(load(write(tmp_path / "my_bot.py", name)).commands) == ["ping"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"expected one bot in .*, got 0"),
        ("from client_demo.bot import Bot\na = Bot()\nb = Bot()", r"expected one bot in .*, got 2"),
        ("1 / 0", r"failed: ZeroDivisionError"),
        ("bot = ", r"failed: SyntaxError"),
    ],
)
def test_no_bot(tmp_path: Path, text: str, expected: str) -> None:
    """A file without one bot, or that fails, says so in a sentence."""
    path = tmp_path / "x.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BotFileError, match=expected):
        load(path)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is no bot either."""
    with pytest.raises(BotFileError, match=r"expected a Python file, got .*nothing\.py"):
        load(tmp_path / "nothing.py")


class Looks:
    """Time that passes when the test lets somebody look again."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(0)

    def now(self) -> float:
        """Return nothing of interest."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait for a turn."""
        assert seconds > 0
        await self._turns.acquire()

    def let(self, count: int = 1) -> None:
        """Let somebody look so many times."""
        for _ in range(count):
            self._turns.release()


async def next_bot(bots: AsyncIterator[Bot]) -> list[str]:
    """Return the commands of the next bot."""
    async with asyncio.timeout(10):
        return list((await anext(bots)).commands)


async def test_reloads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A changed file brings a new bot; a broken or a missing one is passed over until it is mended."""
    path = write(tmp_path / "my_bot.py")
    looks = Looks()
    bots = reloads(path, looks)
    waiting = asyncio.create_task(next_bot(bots))
    await asyncio.sleep(0)
    looks.let(3)
    write(path, command="second_one")
    looks.let()
    assert await waiting == ["second_one"]
    waiting = asyncio.create_task(next_bot(bots))
    path.write_text("bot = ", encoding="utf-8")
    looks.let()
    while "not reloaded" not in caplog.text:  # noqa: ASYNC110 - a log has no event
        await asyncio.sleep(0)
    path.unlink()
    looks.let(2)
    await asyncio.sleep(0)
    write(path, command="the_third")
    looks.let(2)
    assert await waiting == ["the_third"]
