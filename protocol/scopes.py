"""
Scopes: what a bot's token may be used for, as data.

A bot never may more than its role in a room and its scopes together. The table below is the
one place that says which scope which method needs; a method that is not in it is for people
only, so that a new method is closed to bots until somebody decides otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

from protocol.errors import ErrorCode, Rejected
from protocol.values import Scope

SCOPES: dict[Scope, str] = {
    "chat.read": "read what people say: live, on joining and in the history",
    "chat.write": "say something, and delete what it said",
    "vote": "woot, meh and vote to skip",
    "dj": "take turns in the booth, and keep playlists for that",
    "moderate": "act on others: skip, queue and remove them, delete, mute, kick, ban (with a role)",
    "manage": "change the room's settings and staff (with a role)",
}
"""Every scope's meaning, in the words that a person chooses by."""

_ANY = (
    "session.guest",
    "session.register",
    "session.login",
    "session.resume",
    "account.get",
    "clock.sync",
    "user.get",
    "room.list",
    "room.get",
    "room.join",
    "room.leave",
    "room.members",
    "history.room",
    "history.user",
    "privacy.notice",
    "privacy.acknowledge",
)
"""Methods that need no scope: coming in, looking around, and what everybody in a room sees."""

_NEEDS: dict[Scope, tuple[str, ...]] = {
    "chat.read": ("chat.history",),
    "chat.write": ("chat.send", "chat.delete"),
    "vote": ("vote.cast", "booth.vote_skip"),
    "dj": (
        "waitlist.join",
        "waitlist.leave",
        "booth.leave",
        "booth.skip",
        "vote.grab",
        "media.resolve",
        "playlist.list",
        "playlist.create",
        "playlist.rename",
        "playlist.delete",
        "playlist.activate",
        "playlist.shuffle",
        "playlist.items",
        "playlist.insert",
        "playlist.move",
        "playlist.remove",
        "playlist.update_item",
        "playlist.import",
        "playlist.export",
    ),
    "moderate": (
        "booth.skip",
        "waitlist.add",
        "waitlist.remove",
        "waitlist.move",
        "waitlist.lock",
        "waitlist.cycle",
        "waitlist.clear",
        "chat.delete",
        "media.block",
        "media.blocked",
        "mod.mute",
        "mod.unmute",
        "mod.kick",
        "mod.ban",
        "mod.unban",
        "mod.waitlist_ban",
        "mod.waitlist_unban",
        "mod.list",
        "mod.log",
    ),
    "manage": ("room.update", "staff.set"),
}

METHOD_SCOPES: dict[str, frozenset[Scope]] = {
    **{method: frozenset[Scope]() for method in _ANY},
    **{
        method: frozenset(scope for scope, methods in _NEEDS.items() if method in methods)
        for method in (method for methods in _NEEDS.values() for method in methods)
    },
}
"""
The scopes of which a bot needs one to call a method; empty where it needs none.

Where there are two, ``moderate`` is for acting on others: with ``chat.write`` a bot deletes
its own messages, with ``dj`` it skips its own play.
"""


def require_scope(held: Collection[Scope], method: str) -> None:
    """
    Check that a bot's scopes allow a method.

    Raises:
        Rejected: ``forbidden``; ``needs`` names the scope, or ``user`` where only people may.

    """
    wanted = METHOD_SCOPES.get(method)
    if wanted is None:
        raise Rejected(ErrorCode.FORBIDDEN, f"expected a person for {method}, got a bot", needs="user")
    if wanted and wanted.isdisjoint(held):
        raise lacking(held, wanted)


def lacking(held: Collection[Scope], wanted: Collection[Scope]) -> Rejected:
    """Return the refusal of a bot that has none of the wanted scopes."""
    expected = [scope for scope in SCOPES if scope in wanted]
    got = ", ".join(scope for scope in SCOPES if scope in held) or "none"
    message = f"expected the scope {' or '.join(expected)}, got {got}"
    return Rejected(ErrorCode.FORBIDDEN, message, needs=expected[0])
