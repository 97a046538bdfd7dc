"""
Unlinking: what of a logged event leads to a person, and the event without it.

One rule for the rows of the log and for the rings in memory, so that a client which comes back
reads the same whether the server was restarted in between or not. Works on events as they are
folded (:mod:`storage.fold`): people are ids there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from protocol import mentions as mentioned
from protocol.events import (
    ChatMessage,
    PlayMoved,
    PlayStarted,
    PlayStopped,
    RoomEvent,
    RoomUpdated,
    UserErased,
)
from protocol.values import Media, User
from storage.fold import fold, gone_user, parse, unfold

GONE = "gone"
"""The id that stands for everybody who was erased and of whom a record is kept without the person."""

REMOVED_TITLE = "(removed)"
REMOVED_SOURCE = "/media/removed"
"""Stands for the address of a file that an erased user played: such an address can say anything."""

_ROOM_TEXTS = ("name", "description", "welcome")


class Leaver(NamedTuple):
    """
    Who is being erased. ``pseudonym`` stands for them where what was done stays on record
    (moderation, counted votes): the same for all their deeds, and leading nowhere. ``plays``
    are their plays that somebody gave a reason for ending: words about them.
    """

    id: str
    pseudonym: str
    plays: frozenset[str] = frozenset()

    @property
    def stand_in(self) -> User:
        """The pseudonym as others see it."""
        return gone_user(self.pseudonym)


def without_texts(media: Media) -> Media:
    """Return media with nothing that a user may have written: what counts and plays, no more."""
    source_id = REMOVED_SOURCE if media.source == "direct" else media.source_id
    return replace(media, source_id=source_id, title=REMOVED_TITLE, artist=None, thumbnail_url=None)


def unlinked(event: RoomEvent, leaver: Leaver) -> RoomEvent:
    """Return an event without the leaver; the same object when it never led to them."""
    folded = parse(fold(event))
    if not leads_to(folded, leaver):
        return event
    fresh = unlinked_payload(event.wire, folded, leaver)
    payload = msgspec.json.encode(fresh).decode()
    users = {user.id: user for user in _users_in(event) if user.id != leaver.id}
    return unfold(event.wire, payload, room=event.room, seq=event.seq, at_ms=event.at_ms, users=users)


def leads_to(folded: dict[str, Any], leaver: Leaver) -> bool:
    """Say whether a folded event names the leaver, or says why a play of theirs ended."""
    previous = folded.get("previous") or {}
    ended = "reason" in previous and previous.get("play_id") in leaver.plays
    return ended or mentions(folded, leaver.id)


def mentions(folded: Any, user_id: str) -> bool:
    """Say whether plain data holds an id anywhere, in a text as ``<@id>`` too."""
    if isinstance(folded, str):
        return folded == user_id or _token(user_id) in folded
    if isinstance(folded, dict):
        return any(mentions(each, user_id) for each in folded.values())
    return isinstance(folded, list) and any(mentions(each, user_id) for each in folded)


def unlinked_payload(kind: str, folded: dict[str, Any], leaver: Leaver) -> dict[str, Any]:
    """
    Return an event's folded fields without the leaver.

    What they said is gone, a row without text keeps its place in the stream; what they did to
    others stays under the pseudonym, without the words they gave for it.
    """
    if kind == UserErased.wire:
        return folded  # it is what tells clients to forget them
    involved = _person(folded.get("user")) == leaver.id or _person(folded.get("by")) == leaver.id
    fields = dict(folded)
    if kind == ChatMessage.wire and involved:
        fields = {"id": folded["id"], "user": folded["user"], "text": "", "mentions": [], "deleted": True}
    elif kind == ChatMessage.wire:
        _unmention(fields, leaver)
    elif kind == RoomUpdated.wire and involved:
        fields = {name: value for name, value in folded.items() if name not in _ROOM_TEXTS}
    elif kind in {PlayStarted.wire, PlayStopped.wire, PlayMoved.wire}:
        _strip_play(fields, leaver)
    elif involved:
        fields.pop("reason", None)
    renamed: dict[str, Any] = _renamed(fields, leaver)
    return renamed


def _unmention(fields: dict[str, Any], leaver: Leaver) -> None:
    text, mentions, token = fields["text"], fields["mentions"], _token(leaver.id)
    if token in text:
        fields["text"] = text.replace(token, mentioned.GONE)
        fields["mentions"] = [one for one in mentions if one != leaver.id]
    else:  # as it was typed: in memory, or recorded without the hook
        fields["text"], fields["mentions"] = mentioned.without(text, mentions, leaver.id)


def _strip_play(fields: dict[str, Any], leaver: Leaver) -> None:
    play, previous = fields.get("play"), fields.get("previous")
    if play and _person(play.get("dj")) == leaver.id:
        media = without_texts(msgspec.convert(play["media"], Media))
        fields["play"] = {**play, "media": msgspec.to_builtins(media)}
    if previous and (_person(previous.get("by")) == leaver.id or previous["play_id"] in leaver.plays):
        fields["previous"] = {name: value for name, value in previous.items() if name != "reason"}


def _person(folded: Any) -> str | None:
    user_id = folded.get("$user") if isinstance(folded, dict) else folded
    return user_id if isinstance(user_id, str) else None


def _renamed(value: Any, leaver: Leaver) -> Any:
    if isinstance(value, str):
        if value == leaver.id:
            return leaver.pseudonym
        return value.replace(_token(leaver.id), mentioned.GONE)
    if isinstance(value, list):
        return [_renamed(each, leaver) for each in value]
    if isinstance(value, dict):
        return {key: _renamed(each, leaver) for key, each in value.items()}
    return value


def _token(user_id: str) -> str:
    return f"<@{user_id}>"


def _users_in(value: Any) -> list[User]:
    if isinstance(value, User):
        return [value]
    if isinstance(value, list):
        return [user for each in value for user in _users_in(each)]
    if isinstance(value, msgspec.Struct):
        return [user for field in value.__struct_fields__ for user in _users_in(getattr(value, field))]
    return []
