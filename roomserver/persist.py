"""Effects of the room core as rows of storage: the one place that knows both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocol.values import User
from roomserver.room import effects as fx
from roomserver.room.state import RoomState, Waiting
from storage import records
from storage.fold import fold
from storage.privacy.registry import category_of


def write(writes: records.Writes, state: RoomState, effect: fx.Effect) -> None:
    """Add what an effect changes durably to a beat's writes; what is only told changes nothing."""
    writer = _WRITERS[type(effect)]
    if writer is not None:
        writer(writes, state, effect)


def _told(writes: records.Writes, state: RoomState, told: fx.Told) -> None:
    event = told.event
    row = records.EventRow(
        category=category_of(event.wire),
        kind=event.wire,
        room_id=state.info.id,
        epoch=state.epoch,
        seq=event.seq,
        actor_id=told.actor_id,
        at_ms=event.at_ms,
        nonce=told.nonce,
        payload=fold(event),
    )
    writes.events.append(row)


def _texts(writes: records.Writes, state: RoomState, changed: fx.TextsChanged) -> None:
    texts = records.RoomTexts(
        name=changed.info.name,
        description=changed.info.description,
        welcome=changed.info.welcome,
        password_hash=changed.password_hash,
    )
    writes.settings.append(
        records.SettingsRow(state.info.id, texts, changed.settings, changed.fallback_playlist)
    )


def _sanction(writes: records.Writes, state: RoomState, effect: fx.Sanctioned) -> None:
    one = effect.sanction
    row = records.SanctionRow(state.info.id, one.kind, one.user.id, one, effect.address_key)
    writes.sanctions.append(row)


def _lifted(writes: records.Writes, state: RoomState, lifted: fx.Lifted) -> None:
    row = records.SanctionRow(state.info.id, lifted.kind, lifted.user_id, None, None)
    writes.sanctions.append(row)


def _came(writes: records.Writes, state: RoomState, came: fx.Came) -> None:
    row = records.EventRow(
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
    writes.events.append(row)


_Writer = Callable[[records.Writes, RoomState, Any], None]
_WRITERS: dict[type[fx.Effect], _Writer | None] = {
    fx.Told: _told,
    fx.PlayBegan: lambda to, state, it: to.plays.append(records.PlayRow(state.info.id, it.play)),
    fx.PlayEnded: lambda to, _, it: to.plays.append(records.PlayEnd(*it)),
    fx.Voted: lambda to, _, it: to.votes.append(records.VoteRecord(*it)),
    fx.Grabbed: lambda to, _, it: to.grabs.append(records.GrabRow(it.item_id, it.playlist_id, it.media)),
    fx.ItemCycled: lambda to, _, it: to.cycles.append(records.CycleRow(it.playlist_id, it.item_id)),
    fx.TextsChanged: _texts,
    fx.Appointed: lambda to, state, it: to.staff.append(records.StaffRow(state.info.id, *it)),
    fx.MessagesErased: lambda to, state, it: to.erasures.append(records.ChatErasure(state.info.id, *it)),
    fx.Sanctioned: _sanction,
    fx.Lifted: _lifted,
    fx.Blocked: lambda to, state, it: to.blocks.append(records.BlockRow(state.info.id, *it)),
    fx.Came: _came,
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
        records.ReservedRecord(user_id=user_id, position=kept.position, until_ms=kept.until_ms)
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
    )


def _waiting(place: Waiting) -> records.WaitingRecord:
    return records.WaitingRecord(user_id=place.user.id, playlist_id=place.playlist_id, media=place.media)


def known(users: dict[str, User], user_id: str) -> User:
    """Return a user named by a stored row; one that is gone keeps the place until it is passed."""
    return users.get(user_id) or User(id=user_id, name="(gone)", kind="user", created_at_ms=0)
