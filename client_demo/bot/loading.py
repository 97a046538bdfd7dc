"""A bot from a file, and again when the file has changed."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from client_demo.bot.bot import Bot
from client_demo.bot.timekeeping import Timekeeper

log = logging.getLogger("bot")

LOOK_SECONDS = 0.5
"""How often a file is looked at."""


class BotFileError(Exception):
    """A file holds no bot that can be run; the text says why."""


def load(path: Path) -> Bot:
    """
    Return the bot of a file: the one under the name ``bot``, or the only one.

    Raises:
        BotFileError: there is no such file, it fails when it is run, or it holds no bot.

    """
    name = f"bot_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise BotFileError(f"expected a Python file, got {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where type hints of the file are looked up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BotFileError(f"{path} failed: {type(error).__name__}: {error}") from error
    bots = [each for each in vars(module).values() if isinstance(each, Bot)]
    named = getattr(module, "bot", None)
    if isinstance(named, Bot):
        return named
    if len(bots) != 1:
        raise BotFileError(f"expected one bot in {path}, such as bot = Bot(), got {len(bots)}")
    return bots[0]


async def reloads(path: Path, time: Timekeeper) -> AsyncIterator[Bot]:
    """Yield the bot anew each time its file has changed; one that fails is logged, and passed over."""
    seen = _stamp(path)
    while True:
        await time.sleep(LOOK_SECONDS)
        now = _stamp(path)
        if now in (seen, None):
            continue  # an editor may have taken the file away to put back another
        seen = now
        try:
            bot = load(path)
        except BotFileError:
            log.exception("not reloaded")
        else:
            log.info("reloaded")
            yield bot


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
