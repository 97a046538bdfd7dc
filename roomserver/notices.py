"""
Notices: who is told what is recorded of them, when they enter and when it changes.

A notice differs by room (its host's choice), by person (country, kind, role, own choice) and by
who else is in the room (bots). It is rendered once for all of whom the same is true.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from protocol import codec
from protocol.commands import ChatSend, RoomCommand, VoteCast
from protocol.errors import ErrorCode, Rejected
from protocol.events import NoticeChanged
from protocol.limits import Limits
from protocol.notice import Notice
from protocol.values import User
from roomserver.live import LiveRoom, Subscriber
from roomserver.people import People
from roomserver.persist import place_of
from storage.privacy.acknowledgements import Acknowledgements
from storage.privacy.notice import render_notice
from storage.privacy.recorder import NOWHERE, Place, Recorder
from storage.privacy.subjects import UNKNOWN, Subject

EMBEDDED = {"youtube": "YouTube", "soundcloud": "SoundCloud"}
"""Sites whose players see the address of everyone who plays from them."""
WAITING = (ChatSend, VoteCast)
"""What waits for an acknowledgement where the law asks for one. Watching never does."""
_KEPT_MAX = 1000
_SHOWN_MAX = 2 * Limits().rooms_per_connection
"""Rooms whose notice is remembered of a connection. Of one forgotten the next is told, new or not."""
_Key = tuple[int, frozenset[str], Place, Subject, str | None]
"""What a notice depends on: revision, categories that are closed, place, person and role there."""


class NoticeBoard:
    """Renders notices, tells changes, and knows who has read theirs."""

    def __init__(self, recorder: Recorder, acknowledgements: Acknowledgements) -> None:
        self._recorder = recorder
        self._acknowledgements = acknowledgements
        self._rendered: OrderedDict[_Key, Notice] = OrderedDict()
        self._shown: WeakKeyDictionary[Subscriber, dict[str, int]] = WeakKeyDictionary()
        """What each connection was told last, by room."""

    def _render(self, place: Place, subject: Subject, role: str | None) -> Notice:
        closed = self._recorder.hooks.closed
        key = (self._recorder.in_force.rev, closed, place._replace(room_id=""), subject, role)
        notice = self._rendered.get(key)
        if notice is None:
            notice = self._rendered[key] = render_notice(self._recorder, place, subject, role)
            if len(self._rendered) > _KEPT_MAX:
                self._rendered.popitem(last=False)
        return notice

    def forget(self) -> None:
        """Render everything anew: the policy changed."""
        self._rendered.clear()

    def general(self) -> Notice:
        """Return the notice for those of whom nothing is known, in no room."""
        return self._render(NOWHERE, UNKNOWN, None)

    def of(self, user: User | None, live: LiveRoom | None = None) -> Notice:
        """Return the notice for a user, in a room or in none."""
        subject = UNKNOWN if user is None else self._subject(user)
        if live is None:
            return self._with_acknowledgement(self._render(NOWHERE, subject, None), user)
        role = live.room.state.staff.get(user.id) if user is not None else None
        notice = self._render(place_of(live.room.state), subject, None if role is None else role[1].wire)
        return replace(self._with_acknowledgement(notice, user), recipients=_recipients(live))

    def _subject(self, user: User) -> Subject:
        known = self._recorder.subjects.of(user.id)
        return known if known.kind is not None else known._replace(kind=user.kind)

    def _with_acknowledgement(self, notice: Notice, user: User | None) -> Notice:
        if notice.ack and user is not None and self._acknowledgements.has(user.id, notice.hash):
            return replace(notice, ack=False)
        return notice

    def gate(self, user: User, live: LiveRoom, command: RoomCommand) -> None:
        """
        Hold chat and votes back until the notice was acknowledged, where the law asks for it.

        Raises:
            Rejected: ``notice_ack_required``, with the hash to acknowledge.

        """
        if not isinstance(command, WAITING):
            return
        country = self._recorder.subjects.of(user.id).country
        if not self._recorder.in_force.policy.jurisdiction(country).require_ack or user.kind == "bot":
            return
        notice = self.of(user, live)
        if notice.ack:
            message = "expected privacy.acknowledge with the notice's hash"
            raise Rejected(ErrorCode.NOTICE_ACK_REQUIRED, message, hash=notice.hash, room=live.id)

    def is_current(self, user: User, hashed: str, lives: Iterable[LiveRoom]) -> bool:
        """Say whether a hash is of a notice that this user may have been shown."""
        return any(
            notice.hash == hashed for notice in [self.of(user), *(self.of(user, one) for one in lives)]
        )

    async def acknowledge(self, user: User, hashed: str, now_ms: int) -> None:
        """
        Note that a user has read a notice.

        Raises:
            StorageUnavailableError: it was not noted.

        """
        await self._acknowledgements.add(user.id, hashed, now_ms)

    def tell_everyone(self, lives: Iterable[LiveRoom]) -> None:
        """Tell everyone in these rooms what is recorded of them now."""
        for live in list(lives):
            self.tell(live)

    def show(self, subscriber: Subscriber, live: LiveRoom) -> Notice:
        """Return the notice for a connection that comes into a room, and remember that it has it."""
        notice = self.of(subscriber.user, live)
        shown = self._shown.setdefault(subscriber, {})
        shown[live.id] = _said(notice)
        if len(shown) > _SHOWN_MAX:
            del shown[next(iter(shown))]
        return notice

    def tell(self, live: LiveRoom, user_id: str | None = None) -> None:
        """Tell everyone in a room, or one user there, what is recorded of them, if it is another thing."""
        encoded: dict[int, bytes] = {}
        for subscriber in [one for group in live.subscribers.values() for one in group]:
            user = subscriber.user
            if user is None or user_id not in {None, user.id}:
                continue
            notice = self.of(user, live)
            key = _said(notice)
            shown = self._shown.setdefault(subscriber, {})
            if shown.get(live.id) == key:
                continue
            shown[live.id] = key
            if key not in encoded:
                event = NoticeChanged(room=live.id, notice=notice)
                encoded[key] = codec.encode_event(event.wire, event)
            subscriber.send(encoded[key])


def follow_causes(board: NoticeBoard, recorder: Recorder, hub: Iterable[LiveRoom], people: People) -> None:
    """
    Have people told when something else is so of them, or a hook stops or goes on recording.

    The other causes come from where they happen: roles and bots with the beat that commits them, a
    room's choice and a policy's day with :meth:`NoticeBoard.tell` and :meth:`NoticeBoard.tell_everyone`.
    """

    def tell_person(account_id: str) -> None:
        callers = people.callers_of(account_id)
        for live in {live.id: live for caller in callers for live in caller.rooms.values()}.values():
            board.tell(live, account_id)

    def tell_soon() -> None:
        # A hook is tripped in the midst of a room's command.
        asyncio.get_running_loop().call_soon(board.tell_everyone, hub)

    recorder.subjects.on_changed = tell_person
    recorder.hooks.on_closed = tell_soon


def _said(notice: Notice) -> int:
    """Return what is equal for notices that say the same to the same people."""
    return hash((notice.rev, notice.hash, notice.ack, *notice.recipients))


def _recipients(live: LiveRoom) -> list[str]:
    members = live.room.state.members
    bots = sorted(members[user_id].user.name for user_id in live.bots if user_id in members)
    return [*(f"bot {name}" for name in bots), *EMBEDDED.values()]
