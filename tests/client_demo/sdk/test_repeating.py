"""What may be sent again."""

from __future__ import annotations

import pytest

from client_demo.sdk.repeating import NONCE_SECONDS, REPEATABLE, repeatable_for
from protocol import commands
from protocol.limits import NONCE_WINDOW_MS
from protocol.methods import METHODS

ONCE = {"booth.skip", "mod.ban", "mod.kick", "playlist.insert", "room.create", "waitlist.join", "bot.create"}


def test_table() -> None:
    """Reads may be repeated; what adds, moves or acts on others may not."""
    assert set(METHODS) > REPEATABLE
    assert {"room.list", "account.get", "chat.history", "vote.cast"} <= REPEATABLE
    assert not ONCE & REPEATABLE


@pytest.mark.parametrize("name", sorted(REPEATABLE))
def test_no_table_entry_creates(name: str) -> None:
    """Nothing that is repeated makes, adds, moves or removes a thing."""
    assert name.partition(".")[2] not in {
        "create",
        "insert",
        "add",
        "move",
        "remove",
        "delete",
        "join",
        "skip",
    }


def test_messages() -> None:
    """A message may be repeated while the server remembers its nonce, and never without one."""
    assert repeatable_for(commands.ChatSend(room="r", text="x")) == 0
    assert repeatable_for(commands.ChatSend(room="r", text="x", nonce="n")) == NONCE_SECONDS
    assert NONCE_SECONDS * 1000 == NONCE_WINDOW_MS
    assert repeatable_for(commands.ModKick(room="r", user="u")) == 0
