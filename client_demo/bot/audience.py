"""Who is there: the wire tells it in batches and lists, a bot wants one event for each person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from client_demo.bot.happenings import Happening, MemberJoined, MemberLeft
from client_demo.sdk import Room
from protocol.events import RoomMembers
from protocol.values import Member


class Audience:
    """
    The members of each room as the bot was told of them.

    The room itself is ahead of the events that a bot has not taken yet, and after a lost
    connection its list is simply another one: comparing with what was told covers both.
    """

    def __init__(self) -> None:
        self._told: dict[str, dict[str, Member]] = {}
        self._lists: dict[str, dict[str, Member]] = {}
        """The room's own dictionary that was looked at last: it is a new one after each join."""

    def begin(self, room: Room) -> None:
        """Take everybody who is there as known."""
        self._told[room.id] = dict(room.members)
        self._lists[room.id] = room.members

    def changes(self, room: Room, event: Any) -> Iterator[Happening]:
        """Yield who came and who left, as far as an event tells."""
        told = self._told.setdefault(room.id, {})
        if self._lists.get(room.id) is not room.members:
            self._lists[room.id] = room.members
            yield from self._compare(room, told)
        if isinstance(event, RoomMembers):
            if event.complete:
                yield from self._take_list(room, told, event.joined)
            for member in event.joined:
                if member.user.id not in told:
                    told[member.user.id] = member
                    yield MemberJoined(room=room.id, member=member)
            for user_id in event.left:
                gone = told.pop(user_id, None)
                if gone is not None:
                    yield MemberLeft(room=room.id, member=gone)

    def _take_list(self, room: Room, told: dict[str, Member], members: list[Member]) -> Iterator[Happening]:
        """Know everybody in the list of a room that is no longer big: they have been there before."""
        here = {member.user.id: member for member in members}
        for user_id in [ident for ident in told if ident not in here]:
            yield MemberLeft(room=room.id, member=told.pop(user_id))
        told.update(here)

    def _compare(self, room: Room, told: dict[str, Member]) -> Iterator[Happening]:
        for user_id in [ident for ident in told if ident not in room.members]:
            yield MemberLeft(room=room.id, member=told.pop(user_id))
        for user_id, member in list(room.members.items()):
            if user_id not in told:
                told[user_id] = member
                yield MemberJoined(room=room.id, member=member)
