"""
What a command is: a row of a table.

A command reads its :class:`Invocation`, prints its answer through ``output`` and returns how
it went. What it cannot do it raises as :class:`CommandError`, whose text says what was
expected and what came.
"""

from __future__ import annotations

import argparse
import enum
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from roomserver.cli.output import Output
from roomserver.config import Config


class Exit(enum.IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Done."""
    FAILED = 1
    """Not done; nothing was changed unless the command says so."""
    USAGE = 2
    """Wrong arguments or a wrong configuration; nothing was tried."""
    BUSY = 3
    """Another process uses the data folder, or none does where one must."""
    INTERRUPTED = 130
    """Ended by SIGINT before its end; what was under way may be done or not."""


class CommandError(Exception):
    """A command that cannot do what was asked: a line for a person, and the exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED, word: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.word = word
        """The error code of the protocol, where the refusal has one."""


class Argument(NamedTuple):
    """An argument of a command, as ``argparse`` takes it."""

    names: tuple[str, ...]
    options: dict[str, Any]


def argument(*names: str, **options: Any) -> Argument:
    """Return an argument; the parameters are those of ``ArgumentParser.add_argument``."""
    return Argument(names, options)


class Invocation(NamedTuple):
    """A command as it was called: settings in force, arguments, where the answer goes."""

    config: Config
    arguments: argparse.Namespace
    output: Output
    read: Callable[[], Config] = Config
    """Reads the settings again, as they were given: file, environment, flags."""


class Command(NamedTuple):
    """
    A command of one or two words.

    ``run`` is a coroutine function. ``uses_config`` gives the command the flags ``--data``
    and ``--config``; without it the invocation holds the defaults.
    """

    name: str
    help: str
    run: Callable[[Invocation], Awaitable[Exit]]
    arguments: tuple[Argument, ...] = ()
    uses_config: bool = True
    is_service: bool = False
    """Runs until it is stopped, and logs what it does; others log warnings only."""
