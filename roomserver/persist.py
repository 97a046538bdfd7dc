"""Effects of the room core as rows of storage: the one place that knows both."""

from __future__ import annotations

from protocol.values import User
from roomserver.room import effects as fx
from roomserver.room.state import RoomState, Waiting
from storage import records
from storage.fold import fold
from storage.retention import category_of


def write(writes: records.Writes, state: RoomState, effect: fx.Effect) -> None:  # noqa: C901, PLR0912 - one case per effect
    """Add what an effect changes durably to a beat's writes; some change nothing."""
    room_id = state.info.id
    match effect:
        case fx.Told(event, actor_id, nonce):
            writes.events.append(
                records.EventRow(
                    category=category_of(event.wire),
                    kind=event.wire,
                    room_id=room_id,
                    epoch=state.epoch,
                    seq=event.seq,
                    actor_id=actor_id,
                    at_ms=event.at_ms,
                    nonce=nonce,
                    payload=fold(event),
                )
            )
        case fx.PlayBegan(play):
            writes.plays.append(records.PlayRow(room_id, play))
        case fx.PlayEnded():
            writes.plays.append(records.PlayEnd(*effect))
        case fx.Voted():
            writes.votes.append(records.VoteRecord(*effect))
        case fx.Grabbed(playlist_id, item_id, media):
            writes.grabs.append(records.GrabRow(item_id, playlist_id, media))
        case fx.ItemCycled(_, playlist_id, item_id):
            writes.cycles.append(records.CycleRow(playlist_id, item_id))
        case fx.TextsChanged(info, settings, password_hash):
            texts = records.RoomTexts(
                name=info.name,
                description=info.description,
                welcome=info.welcome,
                password_hash=password_hash,
            )
            writes.settings.append(records.SettingsRow(room_id, texts, settings))
        case fx.Appointed(user_id, role):
            writes.staff.append(records.StaffRow(room_id, user_id, role))
        case fx.Sanctioned(sanction, address_key):
            row = records.SanctionRow(room_id, sanction.kind, sanction.user.id, sanction, address_key)
            writes.sanctions.append(row)
        case fx.Lifted(kind, user_id):
            writes.sanctions.append(records.SanctionRow(room_id, kind, user_id, None, None))
        case fx.Blocked(source, source_id, entry):
            writes.blocks.append(records.BlockRow(room_id, source, source_id, entry))
        case fx.MessagesErased(before_seq, ids, user_id):
            writes.erasures.append(records.ChatErasure(room_id, before_seq, ids, user_id))
        case fx.Came():
            writes.events.append(_presence(room_id, effect))
        case fx.Latest() | fx.Direct() | fx.Expelled():
            pass  # told only: a latest value is not history


def _presence(room_id: str, came: fx.Came) -> records.EventRow:
    return records.EventRow(
        category="presence",
        kind="member.joined" if came.entered else "member.left",
        room_id=room_id,
        epoch=None,
        seq=None,
        actor_id=came.user_id,
        at_ms=came.at_ms,
        nonce=None,
        payload="{}",
    )


def resting(state: RoomState) -> records.RoomState:
    """Return the small part of a room that changes often, as it is now."""
    return records.RoomState(
        room_id=state.info.id,
        seq=state.seq,
        waitlist=tuple(_waiting(place) for place in state.waitlist),
        leave_after_play=state.turn is not None and state.turn.leave_after_play,
        fallback_next=state.fallback_next,
        reservations=tuple(
            records.ReservedRecord(user_id=user_id, position=kept.position, until_ms=kept.until_ms)
            for user_id, kept in state.reservations.items()
        ),
    )


def _waiting(place: Waiting) -> records.WaitingRecord:
    return records.WaitingRecord(user_id=place.user.id, playlist_id=place.playlist_id, media=place.media)


def known(users: dict[str, User], user_id: str) -> User:
    """Return a user named by a stored row; one that is gone keeps the place until it is passed."""
    return users.get(user_id) or User(id=user_id, name="(gone)", kind="user", created_at_ms=0)
