"""Records: the little they can do."""

from __future__ import annotations

from storage.records import RoomState, Writes
from tests.storage.builders import account


def test_others_see_no_private_fields() -> None:
    """A user has what others may see, the bio only on request."""
    stored = account("u", "Anna")._replace(bio="hello", email="a@example.org", avatar_url="https://x/a.png")
    user = stored.to_user()
    assert (user.id, user.name, user.avatar_url, user.bio) == ("u", "Anna", "https://x/a.png", None)
    assert stored.to_user(with_bio=True).bio == "hello"


def test_empty_writes_are_false() -> None:
    """Writes are true as soon as one list has something."""
    writes = Writes()
    assert not writes
    writes.states.append(RoomState("r", 1, (), leave_after_play=False, fallback_next=0))
    assert writes
