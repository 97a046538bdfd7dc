"""Whose the messages on screens are: while they are shown, until they are deleted; no word of them."""

from __future__ import annotations

from protocol.events import ChatMessage
from protocol.limits import CHAT_REPLAY_MS
from roomserver.authors import AUTHORS_MAX, Authors
from roomserver.room.effects import MessagesErased
from tests.support.people import person

NOW = 1_800_000_000_000
ANNA, BEN = person("Anna"), person("Ben")


def filled() -> Authors:
    """Return who said ``c1`` to ``c4``: Anna and Ben in turns, a second apart."""
    authors = Authors()
    for number in range(1, 5):
        user = ANNA if number % 2 else BEN
        authors.note(
            ChatMessage(
                room="r",
                seq=number,
                at_ms=NOW + 1000 * number,
                id=f"c{number}",
                user=user,
                text="secret",
                mentions=[],
            )
        )
    return authors


def known(authors: Authors, now: int = NOW + 5000) -> list[str | None]:
    """Return whose each of the messages is."""
    return [authors.of(f"c{number}", now) for number in range(1, 5)]


def test_known() -> None:
    """Each message leads to who said it, a strange one to nobody; what was said is not there."""
    authors = filled()
    assert known(authors) == [ANNA.id, BEN.id, ANNA.id, BEN.id]
    assert authors.of("strange", NOW) is None
    assert authors.contains(b"secret") == 0
    assert authors.contains(ANNA.id.encode()) == 2


def test_time() -> None:
    """After the time that a room shows its past, to the millisecond, it is forgotten."""
    authors = filled()
    assert known(authors, NOW + 1999 + CHAT_REPLAY_MS)[:2] == [None, BEN.id]
    authors.expire(NOW + 4000 + CHAT_REPLAY_MS)
    assert len(authors) == 0


def test_deleted() -> None:
    """What was deleted is not there a second time; what was said after the deletion is."""
    for order, left in (
        (MessagesErased(9, ("c1",), None), [None, BEN.id, ANNA.id, BEN.id]),
        (MessagesErased(3, None, ANNA.id), [None, BEN.id, ANNA.id, BEN.id]),
        (MessagesErased(4, None, None), [None, None, None, BEN.id]),
    ):
        authors = filled()
        authors.delete(order)
        assert known(authors) == left


def test_forgotten_person() -> None:
    """Nothing leads to a person who was erased."""
    authors = filled()
    authors.forget(ANNA.id)
    assert known(authors) == [None, BEN.id, None, BEN.id]
    assert authors.contains(ANNA.id.encode()) == 0


def test_bound() -> None:
    """However much is said, so many are remembered: the newest."""
    authors = filled()
    for number in range(AUTHORS_MAX):
        authors.note(
            ChatMessage(room="r", seq=9, at_ms=NOW, id=f"m{number}", user=ANNA, text="", mentions=[])
        )
    assert len(authors) == AUTHORS_MAX
    assert authors.of("c4", NOW) is None
