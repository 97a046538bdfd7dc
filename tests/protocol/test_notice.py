"""The notice on the wire: what lives as long as its account says so."""

from __future__ import annotations

import msgspec

from protocol.notice import Notice, NoticeCategory

OLD = NoticeCategory(
    category="chat", what="what you say", purpose="to show it", ttl_ms=None, visible_to="room", purposes=[]
)


def test_a_category_that_lives_as_long_as_its_account() -> None:
    """A time of nil is said, not left out."""
    assert msgspec.to_builtins(OLD) == {
        "category": "chat",
        "what": "what you say",
        "purpose": "to show it",
        "ttl_ms": None,
    }


def test_round_trip() -> None:
    """What is sent is what is read."""
    notice = Notice(
        rev=2,
        hash="abcdef12",
        url="/privacy",
        text="This server records chat.",
        categories=[msgspec.structs.replace(OLD, visible_to="staff", purposes=["service"])],
        not_recorded=["whispers"],
        recipients=["bot:greeter"],
        rights=["export", "erase"],
        ack=True,
    )

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(notice), type=Notice) == notice
