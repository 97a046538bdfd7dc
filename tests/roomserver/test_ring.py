"""The resume ring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.events import ChatMessage
from protocol.limits import Limits
from protocol.values import User
from roomserver.ring import Ring
from roomserver.room.effects import MessagesErased
from storage.privacy.unlinking import Leaver

ANN = User(id="ann", name="ann", kind="user", created_at_ms=0)
BOB = User(id="bob", name="bob", kind="user", created_at_ms=0)


def message(seq: int, at_ms: int = 0, user: User = ANN) -> ChatMessage:
    """Return the message that is number ``seq`` of its room."""
    return ChatMessage(
        room="r",
        seq=seq,
        at_ms=at_ms,
        id=f"m{seq}",
        user=user,
        text=f"secret {seq}",
        mentions=["bob"],
        reply_to="m0",
    )


LATER = 10**12
"""Long after anything here is over for another reason."""


def ring_of(messages: Sequence[ChatMessage], **bounds: int) -> Ring:
    """Return a ring that took these messages."""
    ring = Ring(Limits(**bounds))
    for one in messages:
        ring.append(one, LATER)
    return ring


def params(encoded: list[bytes] | None) -> list[dict[str, Any]]:
    """Return the params of encoded events."""
    assert encoded is not None, "the ring holds them all"
    return [msgpack.unpackb(value)[2] for value in encoded]


def seqs(encoded: list[bytes] | None) -> list[int]:
    """Return the numbers of encoded events."""
    return [one["seq"] for one in params(encoded)]


def test_since() -> None:
    """All events after the given one, none at the end, and no answer for a seq that is yet to come."""
    ring = ring_of([message(seq) for seq in range(5, 9)])
    assert seqs(ring.since(4, 8, 0)) == [5, 6, 7, 8]
    assert seqs(ring.since(6, 8, 0)) == [7, 8]
    assert ring.since(8, 8, 0) == []
    assert ring.since(9, 8, 0) is None
    assert ring.since(3, 8, 0) is None


def test_empty() -> None:
    """A ring that holds nothing can serve only those who miss nothing."""
    ring = ring_of([])
    assert ring.since(7, 7, 0) == []
    assert ring.since(6, 7, 0) is None


@pytest.mark.parametrize("count", [1, 3, 512])
def test_count(count: int) -> None:
    """The ring keeps so many events and no more; a gap one larger is not served."""
    ring = ring_of([message(seq) for seq in range(1, 602)], resume_events=count)
    assert len(ring) == count
    assert len(seqs(ring.since(601 - count, 601, 0))) == count
    assert ring.since(600 - count, 601, 0) is None


def test_age() -> None:
    """Events older than the bound are gone, exactly."""
    ring = ring_of([message(1, 1000), message(2, 2000)], resume_ms=500)
    assert seqs(ring.since(0, 2, 1500)) == [1, 2]
    assert ring.since(0, 2, 1501) is None
    assert seqs(ring.since(1, 2, 2500)) == [2]
    assert ring.since(1, 2, 2501) is None
    assert ring.since(2, 2, 10_000) == []


def test_unheard() -> None:
    """Who may not know what is said resumes with the same numbers, without a word of it."""
    ring = ring_of([message(1), message(2), message(3)])
    missed = ring.since(1, 3, 0, hears_chat=False)

    assert missed is not None
    values = [msgpack.unpackb(one) for one in missed]
    assert [value[2]["seq"] for value in values] == [2, 3]
    assert b"secret" not in b"".join(missed)
    assert b"secret" in b"".join(ring.since(1, 3, 0) or [])


def test_append_encodes_once() -> None:
    """What is told live is byte for byte what is told to those who resume."""
    ring = ring_of([])
    encoded = ring.append(message(1), LATER)
    assert ring.since(0, 1, 0) == [encoded]


@pytest.mark.parametrize(
    ("erased", "gone"),
    [
        (MessagesErased(10, ("m2",), None), [2]),
        (MessagesErased(10, None, "bob"), [4, 5]),
        (MessagesErased(10, None, None), [1, 2, 3, 4, 5]),
        (MessagesErased(3, None, None), [1, 2]),
        (MessagesErased(10, ("unknown",), None), []),
    ],
)
def test_scrub(erased: MessagesErased, gone: list[int]) -> None:
    """Deleted text leaves every byte of the ring, and the numbering keeps no hole."""
    ring = ring_of([message(seq, user=ANN if seq < 4 else BOB) for seq in range(1, 6)])
    assert ring.scrub(erased) == len(gone)
    kept = ring.since(0, 5, 0)
    assert seqs(kept) == [1, 2, 3, 4, 5]
    assert [one["seq"] for one in params(kept) if one["text"] == ""] == gone
    assert [seq for seq in range(1, 6) if f"secret {seq}".encode() not in b"".join(kept or [])] == gone


@given(
    st.integers(0, 40),
    st.integers(1, 8),
    st.integers(1, 50),
    st.integers(-2, 45),
    st.integers(0, 60),
)
def test_all_or_nothing(count: int, bound: int, age_ms: int, seq: int, now_ms: int) -> None:
    """Whatever is asked: every event after ``seq`` without a hole, or nothing at all."""
    ring = ring_of([message(n, at_ms=n) for n in range(1, count + 1)], resume_events=bound, resume_ms=age_ms)
    answer = ring.since(seq, count, now_ms)
    if answer is not None:
        assert seqs(answer) == list(range(seq + 1, count + 1))


def test_an_erased_person_leaves_the_ring() -> None:
    """What they said becomes a tombstone without a name, what others said stays, and no seq is missing."""
    ring = ring_of([message(1), message(2, user=BOB), message(3)])
    assert ring.contains(b"secret") == 3

    touched = ring.unlink(Leaver("ann", "gone-1"))

    replayed = ring.since(0, 3, 0)
    assert touched == 2
    assert ring.contains(b"secret") == 1
    assert ring.contains(b"ann") == 0
    assert replayed is not None
    events = [msgpack.unpackb(each)[2] for each in replayed]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert [event["user"]["id"] for event in events] == ["gone-1", "bob", "gone-1"]
    assert ring.unlink(Leaver("ann", "gone-1")) == 0
