"""
The entry point of ``roomclient``, and its table of subcommands.

Exit codes: 0 fine, 1 the server refused or is not there, 2 wrong usage. What a command finds
goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from client_demo.cli import bot, bots, say, tail
from client_demo.cli.subcommand import FAILED, OK, Subcommand
from client_demo.load import command as load
from client_demo.sdk import RequestError

SUBCOMMANDS: tuple[Subcommand, ...] = (
    tail.SUBCOMMAND,
    say.SUBCOMMAND,
    bot.SUBCOMMAND,
    bots.SUBCOMMAND,
    load.SUBCOMMAND,
)
"""Everything ``roomclient`` can do. A new subcommand is a row here and a module of its own."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(prog="roomclient", description="Talk to a room server.")
    names = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for subcommand in SUBCOMMANDS:
        own = names.add_parser(subcommand.name, help=subcommand.summary, description=subcommand.summary)
        subcommand.configure(own)
        own.set_defaults(run=subcommand.run)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except BrokenPipeError:
        # Whoever read our output has seen enough, as in `roomclient tail … | head`. What is still
        # buffered has nowhere to go: without this, Python complains about it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (RequestError, OSError) as error:
        print(f"roomclient: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return OK
    return code


if __name__ == "__main__":
    sys.exit(main())
