"""Folding keeps everything but people, of whom it keeps the ids."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.events import ROOM_EVENTS, ChatMessage, PlayStarted, RoomEvent, UserUpdated
from protocol.values import EndReason, Media, Play, Previous, Rules, User
from storage.fold import fold, folded_users, gone_user, parse, unfold
from tests.storage.builders import person, play, said

IDS = st.text("abcXYZ019_-", min_size=1, max_size=32)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
INSTANTS = st.integers(0, 2**53 - 1)
USERS = st.builds(
    User,
    id=IDS,
    name=TEXTS,
    kind=st.sampled_from(["guest", "user", "bot", "admin"]),
    avatar_url=st.none() | TEXTS,
    created_at_ms=INSTANTS,
)
MEDIA = st.builds(
    Media,
    source=st.sampled_from(["direct", "youtube", "soundcloud"]),
    source_id=TEXTS.filter(bool),
    title=TEXTS.filter(bool),
    duration_ms=st.integers(1000, 86_400_000),
    artist=st.none() | TEXTS,
    start_ms=st.none() | INSTANTS,
)
PLAYS = st.builds(
    Play,
    id=IDS,
    dj=st.none() | USERS,
    media=MEDIA,
    started_at_ms=INSTANTS,
    duration_ms=INSTANTS,
    position_ms=INSTANTS,
    velocity=st.floats(-4, 4),
)
COUNTS = st.integers(0, 10**6)
PREVIOUS = st.builds(
    Previous,
    play_id=IDS,
    woots=COUNTS,
    mehs=COUNTS,
    grabs=COUNTS,
    listeners=COUNTS,
    end=st.sampled_from(get_args(EndReason)),
    by=st.none() | USERS,
    reason=st.none() | TEXTS,
)
RULES = st.builds(Rules, **dict.fromkeys(Rules.__struct_fields__, st.integers(0, 2**31)))
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    User: USERS,
    Play: PLAYS,
    Previous: PREVIOUS,
    Rules: RULES,
    str: TEXTS,
}


def _strategy(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation in _BY_TYPE:
        return _BY_TYPE[annotation]
    if hasattr(annotation, "__metadata__"):
        return INSTANTS if annotation.__origin__ is int else IDS
    args = get_args(annotation)
    if getattr(annotation, "__origin__", None) is list:
        return st.lists(_strategy(args[0]), max_size=3)
    if args and all(isinstance(arg, str) for arg in args):
        return st.sampled_from(args)
    if args:
        return st.one_of([_strategy(arg) for arg in args])
    return st.from_type(annotation)


def _events(kind: str) -> st.SearchStrategy[RoomEvent]:
    fields = msgspec.structs.fields(ROOM_EVENTS[kind])
    return st.builds(ROOM_EVENTS[kind], **{field.name: _strategy(field.type) for field in fields})


def _people(value: Any) -> dict[str, User]:
    if isinstance(value, User):
        return {value.id: value}
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, field) for field in value.__struct_fields__]
    if isinstance(value, list):
        return {ident: user for each in value for ident, user in _people(each).items()}
    return {}


def _same_people(event: RoomEvent, users: dict[str, User]) -> RoomEvent:
    """An id means one person: replace namesakes that were generated with different fields."""

    def settle(value: Any) -> Any:
        if isinstance(value, User):
            return users[value.id]
        if isinstance(value, list):
            return [settle(each) for each in value]
        if isinstance(value, msgspec.Struct):
            fields = {field: settle(getattr(value, field)) for field in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        return value

    settled = settle(event)
    assert isinstance(settled, RoomEvent)
    return settled


@pytest.mark.parametrize("kind", ROOM_EVENTS)
def test_round_trip(kind: str) -> None:
    """Whatever the event, unfolding its folded form gives it back; its people are all found."""

    @given(_events(kind))
    def check(event: RoomEvent) -> None:
        users = _people(event)
        event = _same_people(event, users)
        payload = fold(event)
        assert folded_users(parse(payload)) == set(users)
        again = unfold(kind, payload, room=event.room, seq=event.seq, at_ms=event.at_ms, users=users)
        assert again == event

    check()


def test_chat_payload() -> None:
    """The payload has the event's own fields only, the author as an id, nothing that is unset."""
    assert json.loads(fold(said(7, "anna", "hi"))) == {
        "id": "c7",
        "user": {"$user": "anna"},
        "text": "hi",
        "mentions": [],
    }


def test_no_name_is_stored() -> None:
    """People are folded at any depth: in plays, lists and scores."""
    event = PlayStarted(
        room="r1", seq=1, at_ms=0, play=play("p", "dj-id"), waitlist=[person("waiting-id")], previous=None
    )
    named = msgspec.structs.replace(
        event,
        play=msgspec.structs.replace(event.play, dj=msgspec.structs.replace(person("dj-id"), name="Secret")),
    )
    assert "Secret" not in fold(named)
    assert folded_users(parse(fold(named))) == {"dj-id", "waiting-id"}


def test_gone() -> None:
    """Somebody without an account is shown as gone."""
    event = UserUpdated(room="r1", seq=1, at_ms=0, user=person("anna"))
    again = unfold(event.wire, fold(event), room="r1", seq=1, at_ms=0, users={})
    assert isinstance(again, UserUpdated)
    assert again.user == gone_user("anna")
    assert again.user.name == "(gone)"


def test_deleted_message() -> None:
    """The row of a deleted message unfolds to a message without text: the stream keeps its place."""
    payload = '{"id":"c7","user":{"$user":"anna"},"text":"","mentions":[],"deleted":true}'
    event = unfold("chat.message", payload, room="r1", seq=7, at_ms=0, users={})
    assert isinstance(event, ChatMessage)
    assert (event.id, event.text, event.mentions) == ("c7", "", [])


def test_unknown_kind() -> None:
    """A name that is no room event's is refused."""
    with pytest.raises(KeyError, match=r"vote\.tally"):
        unfold("vote.tally", "{}", room="r1", seq=1, at_ms=0, users={})


def test_mentions_by_token() -> None:
    """A token becomes the name of the day, or ``@deleted``, whether the row was parsed before or not."""
    message = msgspec.structs.replace(said(1, "anna", "hi <@berta> and <@gone>"), mentions=["berta", "gone"])
    users = {"anna": message.user, "berta": person("berta")}
    payload = fold(message)
    for row in (payload, parse(payload)):
        again = unfold(message.wire, row, room="r1", seq=1, at_ms=message.at_ms, users=users)
        assert isinstance(again, ChatMessage)
        assert again.text == f"hi @{users['berta'].name} and @deleted"
