"""Which requests may be sent again when the connection ended before their answer came."""

from __future__ import annotations

from protocol.commands import ChatSend, Command
from protocol.limits import NONCE_WINDOW_MS
from protocol.methods import METHODS

_SETTERS = {
    "booth.vote_skip",
    "favorite.set",
    "ignore.set",
    "playlist.activate",
    "playlist.rename",
    "vote.cast",
    "waitlist.cycle",
    "waitlist.lock",
}
"""They say how something is to be, so that saying it twice changes nothing more."""

REPEATABLE = frozenset(name for name, method in METHODS.items() if method.rate == "read" or name in _SETTERS)

NONCE_SECONDS = NONCE_WINDOW_MS / 1000


def repeatable_for(command: Command) -> float:
    """
    Return for how many seconds after it was first sent a command may be sent again; 0 is never.

    Everything else might happen twice: the server may have done it and only the answer was lost.
    """
    if isinstance(command, ChatSend):
        return 0.0 if command.nonce is None else NONCE_SECONDS
    return float("inf") if command.method in REPEATABLE else 0.0
