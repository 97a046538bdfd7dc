"""
Effects of the room core as rows of storage: the one place that knows both.

Rows of the log come from the recorder, which decides what is recorded, how and for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from protocol.events import ChatMessage, PlayMoved, PlayStarted
from protocol.values import User
from roomserver.room import effects as fx
from roomserver.room.state import RoomState, Waiting
from storage import records
from storage.fold import fold, gone_user
from storage.privacy.recorder import Place, Recorder
from storage.privacy.registry import category_of

_NOTED = ("detail", "until_ms", "reason")


class Scribe:
    """Turns what a room asks for into the writes of a beat."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def write(self, writes: records.Writes, state: RoomState, effect: fx.Effect) -> int | None:
        """
        Add what an effect changes durably to a beat's writes; what is only told changes nothing.

        Return the instant from which an event may not be shown again, None for other effects.
        """
        writer = _WRITERS[type(effect)]
        return None if writer is None else writer(self, writes, state, effect)

    def told(self, writes: records.Writes, state: RoomState, told: fx.Told) -> int:
        """Record an event; nothing of it may be shown once its record is over, if there is one."""
        event = told.event
        draft = records.EventDraft(
            category=category_of(event.wire),
            kind=event.wire,
            room_id=state.info.id,
            epoch=state.epoch,
            seq=event.seq,
            actor_id=told.actor_id,
            at_ms=event.at_ms,
            nonce=told.nonce,
            payload=_marked_own(fold(event)) if told.own else fold(event),
            media_source=event.play.media.source if isinstance(event, PlayStarted | PlayMoved) else None,
        )
        place, role = place_of(state), _role(state, told.actor_id)
        row = self._recorder.event(draft, place, role, _mentioned(state, event))
        assert row is not None, "what has a number keeps its place"
        writes.events.append(row)
        ttl_ms = self._recorder.effective(draft.category, place, told.actor_id, role).ttl_ms
        # What a hook had dropped or shortened is not shown for longer than its row is there.
        return min(row.expires_at_ms, event.at_ms + (ttl_ms or 0))

    def came(self, writes: records.Writes, state: RoomState, came: fx.Came) -> None:
        """Record that somebody entered or left."""
        draft = records.EventDraft(
            category="presence",
            kind="member.joined" if came.entered else "member.left",
            room_id=state.info.id,
            epoch=None,
            seq=None,
            actor_id=came.user_id,
            at_ms=came.at_ms,
            nonce=None,
            payload="{}",
        )
        row = self._recorder.event(draft, place_of(state), _role(state, came.user_id))
        if row is not None:
            writes.events.append(row)

    def noted(self, writes: records.Writes, state: RoomState, noted: fx.Noted) -> None:
        """Record what staff did and nobody is told: it has no number in the room's stream."""
        people = {"by": noted.by, "user": noted.user}
        payload: dict[str, Any] = {
            **{word: {"$user": who.id} for word, who in people.items() if who is not None},
            **{word: said for word in _NOTED if (said := getattr(noted, word)) is not None},
            "after": state.seq,
        }
        draft = records.EventDraft(
            category="moderation",
            kind=noted.action,
            room_id=state.info.id,
            epoch=None,
            seq=None,
            actor_id=noted.by.id,
            at_ms=noted.at_ms,
            nonce=None,
            payload=msgspec.json.encode(payload).decode(),
        )
        row = self._recorder.event(draft, place_of(state), _role(state, noted.by.id))
        if row is not None:
            writes.events.append(row)

    def began(self, writes: records.Writes, state: RoomState, began: fx.PlayBegan) -> None:
        """Record a play."""
        dj_id = None if began.play.dj is None else began.play.dj.id
        writes.plays.append(self._recorder.play(began.play, place_of(state), _role(state, dj_id)))

    def voted(self, writes: records.Writes, state: RoomState, voted: fx.Voted) -> None:
        """Record a vote."""
        vote = records.VoteRecord(*voted)
        row = self._recorder.vote(vote, place_of(state), _role(state, vote.account_id))
        if row is not None:
            writes.votes.append(row)

    def erased(self, writes: records.Writes, state: RoomState, erased: fx.MessagesErased) -> None:
        """Remove the text of messages, also of those recorded under a pseudonym."""
        room_id, user_id = state.info.id, erased.user_id
        pseudonym = None if user_id is None else self._recorder.pseudonym(room_id, user_id)
        writes.erasures.append(records.ChatErasure(room_id, *erased, pseudonym))


def place_of(state: RoomState) -> Place:
    """Return a room as the recorder sees it."""
    chosen = state.settings.chat_ttl_ms
    return Place(state.info.id, state.info.slug, None if chosen < 0 else chosen)


def _role(state: RoomState, user_id: str | None) -> str | None:
    found = state.staff.get(user_id or "")
    return None if found is None else found[1].wire


def _marked_own(payload: str) -> str:
    """Say in a row that it concerns nobody but who did it: it is no moderation (:mod:`storage.modlog`)."""
    return f'{payload[:-1]},"own":true}}'


def _mentioned(state: RoomState, event: object) -> Mapping[str, str]:
    """Return the names of those whom a message mentions and who are here."""
    if not isinstance(event, ChatMessage) or not event.mentions:
        return {}
    here = state.members
    return {user_id: here[user_id].user.name for user_id in event.mentions if user_id in here}


def _texts(_: Scribe, writes: records.Writes, state: RoomState, changed: fx.TextsChanged) -> None:
    texts = records.RoomTexts(
        name=changed.info.name,
        description=changed.info.description,
        welcome=changed.info.welcome,
        password_hash=changed.password_hash,
    )
    writes.settings.append(
        records.SettingsRow(state.info.id, texts, changed.settings, changed.fallback_playlist)
    )


def _sanction(_: Scribe, writes: records.Writes, state: RoomState, effect: fx.Sanctioned) -> None:
    one = effect.sanction
    row = records.SanctionRow(state.info.id, one.kind, one.user.id, one, effect.address_key)
    writes.sanctions.append(row)


def _lifted(_: Scribe, writes: records.Writes, state: RoomState, lifted: fx.Lifted) -> None:
    row = records.SanctionRow(state.info.id, lifted.kind, lifted.user_id, None, None)
    writes.sanctions.append(row)


_Writer = Callable[[Scribe, records.Writes, RoomState, Any], int | None]
_WRITERS: dict[type[fx.Effect], _Writer | None] = {
    fx.Told: Scribe.told,
    fx.PlayBegan: Scribe.began,
    fx.PlayEnded: lambda _, to, __, it: to.plays.append(records.PlayEnd(*it)),
    fx.Voted: Scribe.voted,
    fx.Grabbed: lambda _, to, __, it: to.grabs.append(records.GrabRow(it.item_id, it.playlist_id, it.media)),
    fx.ItemCycled: lambda _, to, __, it: to.cycles.append(records.CycleRow(it.playlist_id, it.item_id)),
    fx.TextsChanged: _texts,
    fx.Appointed: lambda _, to, state, it: to.staff.append(records.StaffRow(state.info.id, *it)),
    fx.MessagesErased: Scribe.erased,
    fx.Sanctioned: _sanction,
    fx.Noted: Scribe.noted,
    fx.Lifted: _lifted,
    fx.Blocked: lambda _, to, state, it: to.blocks.append(records.BlockRow(state.info.id, *it)),
    fx.Came: Scribe.came,
    # Told only: a latest value is not history.
    fx.Latest: None,
    fx.Direct: None,
    fx.Expelled: None,
    fx.Opined: None,
}
"""How each effect is stored; every member of the union is here, which a test checks."""


def resting(state: RoomState) -> records.RoomState:
    """Return the small part of a room that changes often, as it is now."""
    return records.RoomState(
        room_id=state.info.id,
        seq=state.seq,
        waitlist=tuple(_waiting(place) for place in state.waitlist),
        leave_after_play=state.turn is not None and state.turn.leave_after_play,
        fallback_next=state.fallback_next,
        standing=_standing(state),
    )


def _standing(state: RoomState) -> records.Standing:
    turn = state.turn
    reservations = [
        records.ReservedRecord(
            user_id=user_id,
            position=kept.position,
            until_ms=kept.until_ms,
            playlist_id=kept.playlist_id,
            media=kept.media,
        )
        for user_id, kept in state.reservations.items()
    ]
    return records.Standing(
        reservations=reservations,
        nth=1 if turn is None else turn.nth,
        playlist_id=None if turn is None else turn.playlist_id,
        skip_votes=[] if turn is None else sorted(turn.skip_votes),
        reports={} if turn is None else dict(turn.reports),
        locked_at_ms=state.locked_at_ms,
        cycle_off_at_ms=state.cycle_off_at_ms,
        chat_ttl_set_at_ms=state.chat_ttl_set_at_ms,
    )


def _waiting(place: Waiting) -> records.WaitingRecord:
    return records.WaitingRecord(user_id=place.user.id, playlist_id=place.playlist_id, media=place.media)


def known(users: dict[str, User], user_id: str) -> User:
    """Return a user named by a stored row; one that is gone keeps the place until it is passed."""
    return users.get(user_id) or gone_user(user_id)
