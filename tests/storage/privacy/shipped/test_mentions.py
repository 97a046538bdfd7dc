"""Mention tokens: names are recorded as ids and read back as the names of the day."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from storage.accounts import Accounts
from storage.chatlog import ChatLog
from storage.database import Database
from storage.journal import Journal
from storage.privacy.hooks import HookChain, PrivacyHook, RecordContext
from storage.privacy.policyfile import load_policy
from storage.privacy.recorder import InForce, Place, Recorder
from storage.privacy.shipped.mentions import MentionTokens
from storage.privacy.subjects import Subjects
from storage.privacy.testing import HookContract
from storage.records import Writes
from tests.storage.builders import NOW, add_accounts, add_room
from tests.storage.privacy.test_recorder import draft

NAMES = {"id-anna": "Anna", "id-dot": "j.r"}


class TestContract(HookContract):
    """It keeps what every hook must."""

    def make(self) -> PrivacyHook:
        """Return the hook."""
        return MentionTokens()


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("hi @Anna", "hi <@id-anna>"),
        ("@anna, @ANNA and @berta.", "<@id-anna>, <@id-anna> and @berta."),
        ("so says @anna.", "so says <@id-anna>."),
        ("@j.r. is here", "<@id-dot>. is here"),
        ("nobody", "nobody"),
        ("a@anna", "a<@id-anna>"),
    ],
)
def test_recorded(text: str, recorded: str) -> None:
    """Each mention of somebody who is meant becomes a token; everything else stays."""
    context = RecordContext(
        "chat", "chat.message", "r1", "u1", frozenset(), "DEFAULT", NOW, 1, {"text": text}, NAMES
    )
    decision = MentionTokens().before_record(context)
    assert (decision.body or {"text": text})["text"] == recorded


async def read(db: Database) -> list[str]:
    """Return what a room's history says."""
    return [message.text for message in (await ChatLog(db).page("r1", None, 10, NOW)).messages]


async def test_a_rename_reaches_old_messages(db: Database) -> None:
    """History shows the name of the day, and no name at all once the account is gone."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    by = Recorder(InForce(load_policy(None), 1), HookChain([MentionTokens()]), Subjects())
    one: Any = draft(1, "berta", "hello @anna!", mentions=["anna"])
    row = by.event(one, Place("r1", "den", None), names={"anna": "anna"})
    assert row is not None
    assert msgspec.json.decode(row.payload)["text"] == "hello <@anna>!"
    await Journal(db).commit(Writes(events=[row]))
    assert await read(db) == ["hello @anna!"]
    await Accounts(db).update("anna", name="Annika")
    assert await read(db) == ["hello @Annika!"]
    await Accounts(db).delete("anna")
    assert await read(db) == ["hello @deleted!"]


async def test_a_token_that_somebody_typed(db: Database) -> None:
    """Only those whom a message means are put back: typing a token shows nobody's name."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    by = Recorder(InForce(load_policy(None), 1), HookChain([MentionTokens()]), Subjects())
    row = by.event(draft(1, "berta", "who is <@anna>?"), Place("r1", "den", None))
    assert row is not None
    await Journal(db).commit(Writes(events=[row]))
    assert await read(db) == ["who is <@anna>?"]
