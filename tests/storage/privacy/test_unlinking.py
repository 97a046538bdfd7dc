"""Events without a person who is erased."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from protocol import codec
from protocol.events import (
    ChatDeleted,
    ChatMessage,
    MemberBanned,
    MemberKicked,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomUpdated,
    StaffChanged,
    UserErased,
    UserUpdated,
    WaitlistChanged,
)
from protocol.values import Play, Previous, User
from storage.fold import fold, parse, unfold
from storage.privacy.unlinking import (
    REMOVED_SOURCE,
    REMOVED_TITLE,
    Leaver,
    mentions,
    unlinked,
    unlinked_payload,
    without_texts,
)
from tests.storage.builders import NOW, media

SECRET = "kiwi-canary"
ANNA = User(
    id="anna-id", name=f"Anna {SECRET}", kind="user", avatar_url=f"https://x/{SECRET}", created_at_ms=1
)
BEN = User(id="ben-id", name="Ben", kind="user", created_at_ms=2)
LEAVER = Leaver("anna-id", "gone-1234")
STAMP: dict[str, Any] = {"room": "r1", "seq": 7, "at_ms": NOW}


def play(dj: User) -> Play:
    """Return a play of a file whose address and title somebody wrote."""
    track = msgspec.structs.replace(
        media("x"), source="direct", source_id=f"https://x/{SECRET}", title=SECRET, artist=SECRET
    )
    return Play(id="p", dj=dj, media=track, started_at_ms=1, duration_ms=5, position_ms=0, velocity=1.0)


def previous(by: User) -> Previous:
    """Return how somebody ended a play."""
    return Previous(play_id="o", woots=1, mehs=0, grabs=0, listeners=1, end="skipped", by=by, reason=SECRET)


SAID = ChatMessage(**STAMP, id="m", user=ANNA, text=SECRET, mentions=["ben-id"], reply_to="l", emote=True)

OF_ANNA: list[RoomEvent] = [
    SAID,
    PlayStarted(**STAMP, play=play(ANNA), waitlist=[ANNA, BEN], previous=previous(ANNA)),
    PlayStopped(**STAMP, waitlist=[], previous=previous(ANNA)),
    WaitlistChanged(**STAMP, waitlist=[BEN, ANNA], change="join", user=ANNA),
    MemberBanned(**STAMP, user=ANNA, by=BEN, reason=SECRET),
    MemberKicked(**STAMP, user=BEN, by=ANNA, reason=SECRET),
    StaffChanged(**STAMP, user=BEN, role="bouncer", by=ANNA),
    RoomUpdated(**STAMP, by=ANNA, name=SECRET, description=SECRET, welcome=SECRET, private=True),
    ChatDeleted(**STAMP, by=BEN, user="anna-id"),
    UserUpdated(**STAMP, user=ANNA),
    ChatMessage(**STAMP, id="n", user=BEN, text="hi <@anna-id>!", mentions=["anna-id", "ben-id"]),
    ChatMessage(**STAMP, id="n", user=BEN, text=f"hi @{SECRET}!", mentions=["anna-id", "ben-id"]),
]


@pytest.mark.parametrize("event", OF_ANNA, ids=lambda event: event.wire)
def test_nothing_of_them_stays(event: RoomEvent) -> None:
    """Neither name, picture, words nor id of the person are in the bytes; its place in the stream is."""
    fresh = unlinked(event, LEAVER)
    sent = codec.encode_event(fresh.wire, fresh)

    assert SECRET.encode() not in sent
    assert b"anna-id" not in sent
    assert (fresh.room, fresh.seq, fresh.at_ms, fresh.wire) == ("r1", 7, NOW, event.wire)


@pytest.mark.parametrize("event", OF_ANNA, ids=lambda event: event.wire)
def test_row_and_ring_agree(event: RoomEvent) -> None:
    """What a restart reads from the row is what the ring held."""
    row = unlinked_payload(event.wire, parse(fold(event)), LEAVER)
    payload = msgspec.json.encode(row).decode()

    assert unfold(event.wire, payload, **STAMP, users={"ben-id": BEN}) == unlinked(event, LEAVER)


def test_others_are_left_alone() -> None:
    """An event without the person is the same object; others keep names and words in the rest."""
    ben = ChatMessage(**STAMP, id="n", user=BEN, text="anna-id and Anna", mentions=[])
    mixed = unlinked(MemberBanned(**STAMP, user=ANNA, by=BEN), LEAVER)

    assert unlinked(ben, LEAVER) is ben
    assert isinstance(mixed, MemberBanned)
    assert (mixed.by, mixed.user.id) == (BEN, "gone-1234")


def test_a_message_becomes_a_tombstone() -> None:
    """Of a message its id and its place stay."""
    grave = unlinked(SAID, LEAVER)

    assert grave == ChatMessage(**STAMP, id="m", user=LEAVER.stand_in, text="", mentions=[])


@pytest.mark.parametrize("text", ["hi <@anna-id>!", f"hi @{SECRET}!"], ids=["recorded", "typed"])
def test_a_mention_by_others(text: str) -> None:
    """What others said to them stays, without the name, in the log as in the ring."""
    fresh = unlinked(
        ChatMessage(**STAMP, id="n", user=BEN, text=text, mentions=["anna-id", "ben-id"]), LEAVER
    )

    assert fresh == ChatMessage(**STAMP, id="n", user=BEN, text="hi @deleted!", mentions=["ben-id"])


def test_settings_stay_texts_go() -> None:
    """What somebody switched in a room stays switched; what they wrote goes."""
    fresh = unlinked(OF_ANNA[7], LEAVER)

    assert isinstance(fresh, RoomUpdated)
    assert (fresh.private, fresh.name, fresh.description, fresh.welcome) == (True, None, None, None)


def test_words_about_their_plays() -> None:
    """Why staff ended a play of theirs goes, though that event does not name them."""
    event = PlayStopped(**STAMP, waitlist=[], previous=previous(BEN))
    fresh = unlinked(event, LEAVER._replace(plays=frozenset({"o"})))

    assert unlinked(event, LEAVER) is event
    assert isinstance(fresh, PlayStopped)
    assert fresh.previous is not None
    assert (fresh.previous.by, fresh.previous.reason) == (BEN, None)


def test_media() -> None:
    """Of media the length and a provider's own id stay, a file's address does not."""
    assert without_texts(play(ANNA).media).source_id == REMOVED_SOURCE
    reduced = without_texts(media("x", artist=SECRET, thumbnail_url="https://x/y", start_ms=5))
    assert (reduced.source_id, reduced.title, reduced.artist) == ("x", REMOVED_TITLE, None)
    assert (reduced.duration_ms, reduced.start_ms, reduced.thumbnail_url) == (180_000, 5, None)


def test_the_news_of_the_erasure_stays() -> None:
    """Clients that come back must still learn whom to forget."""
    event = UserErased(**STAMP, user_id="anna-id")

    assert unlinked(event, LEAVER) == event


def test_mentions() -> None:
    """An id is found at any depth, as itself or as a token in a text, not as a part of a word."""
    assert mentions({"a": [{"$user": "anna-id"}]}, "anna-id")
    assert mentions({"text": "oh <@anna-id> oh"}, "anna-id")
    assert not mentions({"text": "anna-id2", "n": 5, "x": None}, "anna-id")
