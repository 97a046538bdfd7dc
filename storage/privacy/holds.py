"""
Holds: what must not be destroyed yet, asked in one place.

A hold keeps destruction back and never hiding: what is over is shown to nobody, held or not. Whatever
is about to destroy records asks the database's function ``is_held`` in the transaction that does:
the sweep of each row, an erasure of its account and the bots of it, the end of a bot of the bot, a
deletion of its room. The answer is that of the hooks in force
(:meth:`storage.privacy.hooks.HookChain.holds`); where there are none, nothing is held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from storage.errors import StorageError

FUNCTION = "is_held"
"""Name of the SQL function; its arguments are the fields of :class:`Doomed`."""


class Doomed(NamedTuple):
    """
    What is about to be destroyed, as rows of ``table``; a field that is None may be anything.

    An erasure asks with ``accounts`` and the account alone, the deletion of a room with ``rooms``
    and the room alone: one record of theirs that is held holds all back.
    """

    table: str
    category: str | None = None
    room_id: str | None = None
    account_id: str | None = None
    at_ms: int | None = None


class HeldError(StorageError):
    """What is about to be destroyed is held by now: the transaction destroys nothing."""

    def __init__(self) -> None:
        super().__init__("expected nothing that is held")


Holds = Callable[[Doomed], bool]


def nothing_held(_: Doomed) -> bool:
    """Hold nothing: the answer that ships."""
    return False


def asked(table: str, category: str, room: str, account: str, at: str) -> str:
    """
    Return the SQL condition for rows that are not held; all but the table are expressions.

    The parameter ``:nothing_held`` spares asking for each of a million rows where the answer is known.
    """
    return f"(:nothing_held OR NOT {FUNCTION}('{table}', {category}, {room}, {account}, {at}))"


def is_account_held(expression: str) -> str:
    """Return the SQL expression for whether anything of an account is held."""
    return f"{FUNCTION}('accounts', NULL, NULL, {expression}, NULL)"


def is_room_held(expression: str) -> str:
    """Return the SQL expression for whether anything of a room is held."""
    return f"{FUNCTION}('rooms', NULL, {expression}, NULL, NULL)"
