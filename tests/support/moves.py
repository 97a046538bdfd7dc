"""Strategies for every input of the room core, likely to be legal but not always."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import ChatMessage
from protocol.methods import METHODS
from protocol.values import SanctionKind, User
from roomserver.room import inputs
from roomserver.room.state import RoomState
from tests.support.people import deck, person, song
from tests.support.rooms import ROOM

Draw = Callable[[st.SearchStrategy[Any]], Any]
Move = Callable[[RoomState, User, list[User], Draw], Any]

_flags = st.booleans()
_positions = st.integers(0, 6)
_durations = st.sampled_from([1000, 2500, 20_000, 180_000])
_texts = st.sampled_from(["hi", "hello @uma", "é\u200d", "x" * 256, "x" * 257, "\u202e", "@Hugo @Rita"])
_titles = st.sampled_from(["one", "two", "three"])
_none = st.none()


def _decks(draw: Draw) -> inputs.Deck | None:
    if draw(st.integers(0, 5)) == 0:
        nothing: inputs.Deck | None = draw(st.sampled_from([None, deck()]))
        return nothing
    titles = draw(st.lists(_titles, min_size=1, max_size=3, unique=True))
    top = deck(*titles, duration_ms=draw(_durations))
    return top._replace(size=len(titles) + draw(st.sampled_from([0, 0, 4])))


def _media(draw: Draw) -> Any:
    media = song(draw(_titles), draw(_durations))
    if draw(_flags):
        media = replace(media, start_ms=draw(st.integers(0, 400)), end_ms=draw(st.integers(500, 1000)))
    return media


def _user_id(people: list[User], draw: Draw) -> str:
    user: User = draw(st.sampled_from(people))
    return user.id if draw(st.integers(0, 9)) else "nobody"


def _play_id(state: RoomState, draw: Draw) -> str:
    current = "none" if state.turn is None else state.turn.play.id
    play_id: str = draw(st.sampled_from([current, current, current, "id-1"]))
    return play_id


def _message(state: RoomState, draw: Draw) -> ChatMessage | None:
    message: ChatMessage | None = draw(st.sampled_from(state.chat)) if state.chat else None
    return message


def _enter(_state: RoomState, actor: User, _people: list[User], draw: Draw) -> Any:
    return inputs.Enter(actor, draw(_flags), draw(st.sampled_from([None, b"here", b"there"])))


def _disconnected(_state: RoomState, actor: User, _people: list[User], _draw: Draw) -> Any:
    return inputs.Disconnected(actor.id)


def _room_leave(_state: RoomState, _actor: User, _people: list[User], _draw: Draw) -> Any:
    return commands.RoomLeave(room=ROOM)


def _deck_read(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    return inputs.DeckRead(_user_id(people, draw), _decks(draw))


def _fallback_read(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    is_gone = draw(_flags) and draw(_flags)
    return inputs.FallbackRead(None if is_gone else tuple(one for one in state.fallback if draw(_flags)))


def _unblock(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    entries = [(key, entry.title) for key, entry in state.blocked.items() if draw(_flags)]
    gone = frozenset(key for key, _ in entries if draw(_flags))
    return inputs.Unblock(gone, frozenset((*key, title) for key, title in entries), "(removed)")


def _titles_over(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return inputs.TitlesOver(draw(st.sampled_from([0, *(one.at_ms for one in state.blocked.values())])))


def _profile(_state: RoomState, actor: User, _people: list[User], draw: Draw) -> Any:
    return inputs.ProfileChanged(replace(actor, name=draw(st.sampled_from(["Uma", "Zoe", "Xi"]))))


def _erase(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    texts = draw(st.frozensets(st.sampled_from(["name", "description", "welcome"])))
    return inputs.Erase(_user_id(people, draw), person("Gone"), texts, draw(_flags))


def _forget(state: RoomState, _actor: User, _people: list[User], _draw: Draw) -> Any:
    # Only what no client shows any more either: age is no event.
    newest = state.chat[-1].at_ms if state.chat else 0
    old = [message.id for message in state.chat if message.at_ms < newest - limits.CHAT_REPLAY_MS]
    return inputs.Forget(frozenset(old))


def _stood_still(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return inputs.StoodStill(draw(st.integers(2_000, 120_000)))


def _queue_up(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    media = _media(draw) if draw(_flags) else None
    playlist_id = draw(st.sampled_from([None, "list"]))
    command = commands.WaitlistJoin(room=ROOM, playlist_id=playlist_id, media=media)
    return inputs.QueueUp(command, _decks(draw))


def _queue_other(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    position = draw(_none | _positions)
    command = commands.WaitlistAdd(room=ROOM, user=_user_id(people, draw), position=position)
    return inputs.QueueOther(command, _decks(draw))


def _waitlist_leave(_state: RoomState, _actor: User, _people: list[User], _draw: Draw) -> Any:
    return commands.WaitlistLeave(room=ROOM)


def _waitlist_remove(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    return commands.WaitlistRemove(room=ROOM, user=_user_id(people, draw))


def _waitlist_move(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    return commands.WaitlistMove(room=ROOM, user=_user_id(people, draw), position=draw(_positions))


def _waitlist_lock(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return commands.WaitlistLock(room=ROOM, on=draw(_flags), clear=draw(st.integers(0, 4)) == 0)


def _waitlist_cycle(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return commands.WaitlistCycle(room=ROOM, on=draw(_flags))


def _waitlist_clear(_state: RoomState, _actor: User, _people: list[User], _draw: Draw) -> Any:
    return commands.WaitlistClear(room=ROOM)


def _booth_skip(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    requeue_at = draw(_none | _positions)
    return commands.BoothSkip(room=ROOM, play_id=_play_id(state, draw), requeue_at=requeue_at)


def _booth_leave(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return commands.BoothLeave(room=ROOM, after_play=draw(_flags), on=draw(_flags))


def _vote_cast(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    value = draw(st.sampled_from([1, 0, -1]))
    return commands.VoteCast(room=ROOM, play_id=_play_id(state, draw), value=value)


def _grab(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    command = commands.VoteGrab(room=ROOM, play_id=_play_id(state, draw))
    return inputs.Grab(command, "list", "item-new", added=draw(_flags))


def _chat_send(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    message = _message(state, draw)
    return commands.ChatSend(
        room=ROOM,
        text=draw(_texts),
        nonce=draw(st.sampled_from([None, "n1", "n2"])),
        reply_to=None if message is None else message.id,
        emote=draw(_flags),
    )


def _reply(state: RoomState, actor: User, people: list[User], draw: Draw) -> Any:
    command = replace(_chat_send(state, actor, people, draw), reply_to="forgotten")
    return inputs.Reply(command, is_known=draw(_flags))


def _chat_delete(state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    message = _message(state, draw)
    kind = draw(st.sampled_from(["id", "id", "user", "all", "both", "none"]))
    author = draw(st.sampled_from(people))
    user_id = author.id if kind in {"user", "both"} else None
    message_id = "nothing" if message is None else message.id
    if kind == "id":
        author = None if message is None else message.user
    command = commands.ChatDelete(
        room=ROOM, id=message_id if kind in {"id", "both"} else None, user=user_id, all=kind == "all"
    )
    return inputs.Delete(command, None if kind == "all" else author, draw(st.integers(0, 3)))


def _update(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    command = commands.RoomUpdate(
        room=ROOM,
        name=draw(_none | st.sampled_from(["Lobby", "Hall", " "])),
        welcome=draw(_none | st.sampled_from(["", "hi"])),
        private=draw(_none | _flags),
        password=draw(_none | st.sampled_from(["", "secret"])),
        capacity=draw(_none | st.integers(3, 12)),
        waitlist_cap=draw(_none | st.integers(1, 5)),
        slow_mode_ms=draw(_none | st.sampled_from([0, 5000])),
        guests_chat=draw(_none | _flags),
        rules=commands.RulesUpdate(**rules_of(draw)) if draw(_flags) else None,
    )
    return inputs.Update(command, "hash" if command.password else None)


_RULES: dict[str, list[int]] = {
    "max_duration_ms": [0, 2000, 100_000],
    "repeat_plays": [0, 1, 3],
    "repeat_ms": [0, 60_000, 3_600_000],
    "plays_per_turn": [1, 2, 3],
    "afk_ms": [0, 30_000, 120_000, 1_800_000],
    "vote_skip_percent": [0, 34, 100],
    "vote_skip_min": [1, 2],
    "lock_max_ms": [0, 60_000],
    "cycle_off_max_ms": [0, 60_000],
    "chat_age_ms": [0, 3_600_000],
    "link_age_ms": [0, 3_600_000],
    "dj_age_ms": [0, 3_600_000],
}


def rules_of(draw: Draw) -> dict[str, int]:
    """Return some rules of a room; every one of them is on as often as off."""
    names = draw(st.lists(st.sampled_from(list(_RULES)), unique=True, max_size=len(_RULES)))
    return {name: draw(st.sampled_from(_RULES[name])) for name in names}


def _return(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return inputs.Return(_decks(draw))


def _vote_skip(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    on = draw(st.sampled_from([True, True, False]))
    return commands.BoothVoteSkip(room=ROOM, play_id=_play_id(state, draw), on=on)


def _media_report(state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    problem = draw(st.sampled_from(["unavailable", "blocked", "error"]))
    return commands.MediaReport(room=ROOM, play_id=_play_id(state, draw), problem=problem)


def _media_block(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return commands.MediaBlock(room=ROOM, media=_media(draw), on=draw(_flags))


def _media_blocked(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    cursor = draw(st.sampled_from([None, None, "1", "x"]))
    return commands.MediaBlocked(room=ROOM, cursor=cursor)


def _mod_list(_state: RoomState, _actor: User, _people: list[User], draw: Draw) -> Any:
    return commands.ModList(room=ROOM, kind=draw(st.sampled_from(["mute", "ban", "waitlist_ban"])))


_sanction_ms = st.sampled_from([1, 60_000, 3_600_000, 86_400_000, 86_400_001])


def _moderate(state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    # What stands is lifted more often than by chance, or a rare one never is.
    chosen = draw(st.sampled_from([*ORDERS, *(LIFTS[one.kind] for one in state.sanctions.values())]))
    concerned = [one.user for one in state.sanctions.values() if chosen is LIFTS[one.kind]]
    target = draw(st.sampled_from(concerned or people))
    whom = {"room": ROOM, "user": target.id}
    order: Any
    match chosen:
        case commands.ModMute:
            order = commands.ModMute(**whom, duration_ms=draw(_sanction_ms), shadow=draw(_flags))
        case commands.ModBan | commands.ModWaitlistBan as kind:
            order = kind(**whom, duration_ms=draw(_none | _sanction_ms))
        case kind:
            order = kind(**whom)
    return inputs.Moderate(order, target, draw(st.sampled_from([None, b"here", b"there"])))


def _transfer(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    heir = draw(st.sampled_from(people))
    return inputs.Transfer(commands.RoomTransfer(room=ROOM, user=heir.id), heir)


def _appoint(_state: RoomState, _actor: User, people: list[User], draw: Draw) -> Any:
    target = draw(st.sampled_from(people))
    role = draw(st.sampled_from(["user", "resident", "bouncer", "manager", "cohost"]))
    return inputs.Appoint(commands.StaffSet(room=ROOM, user=target.id, role=role), target)


ORDERS: list[type[Any]] = [
    commands.ModMute,
    commands.ModUnmute,
    commands.ModKick,
    commands.ModBan,
    commands.ModUnban,
    commands.ModWaitlistBan,
    commands.ModWaitlistUnban,
]
"""What staff may order about somebody."""

LIFTS: dict[SanctionKind, type[Any]] = {
    "mute": commands.ModUnmute,
    "ban": commands.ModUnban,
    "waitlist_ban": commands.ModWaitlistUnban,
}
"""What ends each mute and ban before its time."""

MOVES: dict[type[Any], Move] = {
    inputs.Enter: _enter,
    inputs.Disconnected: _disconnected,
    commands.RoomLeave: _room_leave,
    inputs.DeckRead: _deck_read,
    inputs.FallbackRead: _fallback_read,
    inputs.Unblock: _unblock,
    inputs.TitlesOver: _titles_over,
    inputs.ProfileChanged: _profile,
    inputs.Erase: _erase,
    inputs.Forget: _forget,
    inputs.StoodStill: _stood_still,
    inputs.QueueUp: _queue_up,
    inputs.QueueOther: _queue_other,
    commands.WaitlistLeave: _waitlist_leave,
    commands.WaitlistRemove: _waitlist_remove,
    commands.WaitlistMove: _waitlist_move,
    commands.WaitlistLock: _waitlist_lock,
    commands.WaitlistCycle: _waitlist_cycle,
    commands.WaitlistClear: _waitlist_clear,
    commands.BoothSkip: _booth_skip,
    commands.BoothLeave: _booth_leave,
    commands.VoteCast: _vote_cast,
    inputs.Grab: _grab,
    commands.ChatSend: _chat_send,
    inputs.Reply: _reply,
    inputs.Delete: _chat_delete,
    inputs.Update: _update,
    inputs.Appoint: _appoint,
    inputs.Return: _return,
    inputs.Moderate: _moderate,
    inputs.Transfer: _transfer,
    commands.BoothVoteSkip: _vote_skip,
    commands.MediaReport: _media_report,
    commands.MediaBlock: _media_block,
    commands.MediaBlocked: _media_blocked,
    commands.ModList: _mod_list,
}
"""How to make each input of the core."""

WRAPPED: dict[type[Any], type[Any]] = {
    commands.RoomJoin: inputs.Enter,
    commands.WaitlistJoin: inputs.QueueUp,
    commands.WaitlistAdd: inputs.QueueOther,
    commands.VoteGrab: inputs.Grab,
    commands.ChatDelete: inputs.Delete,
    commands.RoomUpdate: inputs.Update,
    commands.StaffSet: inputs.Appoint,
    commands.RoomTransfer: inputs.Transfer,
    **dict.fromkeys(ORDERS, inputs.Moderate),
}
"""Commands that need facts beside them reach the core inside an input."""

GENERAL_ERRORS = {ErrorCode.BAD_PARAMS, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.NOT_IN_ROOM}
"""What any method of a room may answer."""

_DECLARED: dict[type[Any], set[ErrorCode]] = {
    method.params: {*method.errors, *GENERAL_ERRORS} for method in METHODS.values()
}


def declared_errors(command: Any) -> set[ErrorCode]:
    """Return the errors that a client has been told to expect; an input of the shell has none."""
    if isinstance(command, inputs.Enter):
        return _DECLARED[commands.RoomJoin]
    return _DECLARED.get(type(getattr(command, "command", command)), set())
