"""Chat: saying something and taking it back."""

from __future__ import annotations

from protocol import limits
from protocol.commands import ChatSend
from protocol.errors import ErrorCode, Rejected
from protocol.events import ChatDeleted, ChatEcho, ChatMessage
from protocol.mentions import EVERYONE, named_in
from protocol.reducer import deletes, trim_chat
from protocol.results import ChatResult, DeleteResult, Empty
from protocol.roles import Action, may
from protocol.text import clean, name_key
from protocol.values import Sanction, User
from roomserver.room.effects import Direct, MessagesErased, Outcome
from roomserver.room.inputs import Delete, Forget, Reply
from roomserver.room.registry import handles
from roomserver.room.rules import has_link, require_age
from roomserver.room.state import RoomState

SPOKE_KEPT_MS = limits.MINUTE_MS
"""How long a room remembers who spoke while its slow mode is shorter, for when that is switched on."""


def remembers(state: RoomState, message_id: str) -> bool:
    """Say whether a message is among the last ones of a room."""
    return any(message.id == message_id for message in state.chat)


@handles(Reply)
def reply(state: RoomState, actor: User, command: Reply, now: int) -> Outcome:
    """Say something in reply to a message that only the log can know."""
    return _send(state, actor, command.command, now, is_known=command.is_known)


@handles(ChatSend)
def send(state: RoomState, actor: User, command: ChatSend, now: int) -> Outcome:
    """Say something. A known nonce answers the first result: a retry is never a second message."""
    return _send(state, actor, command, now, is_known=False)


def _send(state: RoomState, actor: User, command: ChatSend, now: int, *, is_known: bool) -> Outcome:
    chats = Action.CHAT_AS_GUEST if state.settings.guests_chat else Action.CHAT
    role = state.require(actor, chats)
    key = None if command.nonce is None else (actor.id, command.nonce)
    if key is not None and (known := state.nonces.get(key)) is not None:
        message_id, seq, said_at = known
        if said_at + limits.NONCE_WINDOW_MS > now:
            return Outcome(ChatResult(id=message_id, seq=seq), [])
    text = _checked_text(command.text)
    _check_age(state, actor, text, now)
    mute = state.sanction("mute", actor.id, now)
    if mute is not None:
        _check_heard(mute, now)
    if not may(role, Action.IGNORE_SLOW_MODE):
        _check_slow_mode(state, actor, now)
    if mute is not None:
        # What they said in their mute nobody has: a refused reply to it would tell them.
        return _echo(state, actor, command, text, now)
    if not is_known:
        _check_reply(state, command.reply_to)
    told = state.tell(
        ChatMessage,
        now,
        actor,
        command.nonce,
        id=state.new_id(),
        user=actor,
        text=text,
        mentions=_mentions(state, actor, text),
        reply_to=command.reply_to,
        emote=command.emote,
    )
    message = told.event
    assert isinstance(message, ChatMessage), "chat tells messages"
    state.chat[:] = trim_chat([*state.chat, message])
    _note_spoke(state, actor, now)
    if command.nonce is not None:
        _note_nonce(state, message, command.nonce)
    return Outcome(ChatResult(id=message.id, seq=message.seq), [told])


def _check_reply(state: RoomState, message_id: str | None) -> None:
    if message_id is not None and not remembers(state, message_id):
        # The same for what is nowhere and for what another room has: nobody learns which.
        raise Rejected(ErrorCode.NOT_FOUND, "expected a message of this room", field="reply_to")


def _check_heard(mute: Sanction, now: int) -> None:
    if mute.shadow:
        return
    assert mute.until_ms is not None, "mutes have an end"
    wait = mute.until_ms - now
    message = f"expected a user who is not muted, {wait} ms to go"
    raise Rejected(ErrorCode.MUTED, message, retry_after_ms=wait)


def _check_age(state: RoomState, actor: User, text: str, now: int) -> None:
    require_age(state, actor, "chat_age_ms", now)
    if state.settings.rules.link_age_ms and has_link(text):
        require_age(state, actor, "link_age_ms", now)


def _echo(state: RoomState, actor: User, command: ChatSend, text: str, now: int) -> Outcome:
    """Answer a shadow-muted user as if they had been heard; nothing is told or recorded."""
    message = ChatMessage(
        room=state.info.id,
        seq=state.seq,
        at_ms=now,
        id=state.new_id(),
        user=actor,
        text=text,
        mentions=_mentions(state, actor, text),
        reply_to=command.reply_to,
        emote=command.emote,
    )
    _note_spoke(state, actor, now)
    if command.nonce is not None:
        # Else the answer to a retry would tell what a shadow mute must not.
        _note_nonce(state, message, command.nonce)
    result = ChatResult(id=message.id, seq=message.seq)
    return Outcome(result, [Direct(actor.id, ChatEcho(message=message))])


def _checked_text(text: str) -> str:
    cleaned = clean(text)
    if not 1 <= len(cleaned) <= limits.CHAT_CHARS:
        message = f"expected 1 to {limits.CHAT_CHARS} characters, got {len(cleaned)}"
        raise Rejected(ErrorCode.BAD_PARAMS, message, field="text")
    return cleaned


def _check_slow_mode(state: RoomState, user: User, now: int) -> None:
    spoke_at = state.spoke_at_ms.get(user.id)
    if spoke_at is None:
        return
    wait = spoke_at + state.settings.slow_mode_ms - now
    if wait > 0:
        message = f"expected {state.settings.slow_mode_ms} ms between messages, {wait} ms to go"
        raise Rejected(ErrorCode.SLOW_MODE, message, retry_after_ms=wait)


def _note_spoke(state: RoomState, user: User, now: int) -> None:
    # Kept past a user's leaving, else coming back in would be the way around slow mode.
    spoke = state.spoke_at_ms
    spoke.pop(user.id, None)
    spoke[user.id] = now
    kept_ms = max(state.settings.slow_mode_ms, SPOKE_KEPT_MS)
    while spoke[oldest := next(iter(spoke))] + kept_ms <= now:
        del spoke[oldest]


def _mentions(state: RoomState, actor: User, text: str) -> list[str]:
    """
    Return whom a message means, as ids: names change, ids do not.

    ``@djs`` is who plays and waits, ``@staff`` the staff who are here; ``@everyone`` stays one
    word, because a thousand ids in one message help nobody.
    """
    if "@" not in text:
        return []
    named = named_in(text)
    meant = dict.fromkeys(
        user_id for user_id, member in state.members.items() if name_key(member.user.name) in named
    )
    if "djs" in named:
        playing = [] if state.dj is None else [state.dj]
        meant |= dict.fromkeys(user.id for user in (*playing, *state.waiting_users()))
    if "staff" in named:
        meant |= dict.fromkeys(user_id for user_id in state.staff if user_id in state.members)
    if EVERYONE in named and may(state.role_of(actor), Action.MENTION_EVERYONE):
        meant[EVERYONE] = None
    return list(meant)


def _note_nonce(state: RoomState, message: ChatMessage, nonce: str) -> None:
    _forget_nonces(state, message.at_ms)
    key = (message.user.id, nonce)
    state.nonces.pop(key, None)
    state.nonces[key] = (message.id, message.seq, message.at_ms)


def _forget_nonces(state: RoomState, now: int) -> None:
    while state.nonces:
        key = next(iter(state.nonces))
        if state.nonces[key][2] + limits.NONCE_WINDOW_MS > now:
            return
        del state.nonces[key]


@handles(Forget)
def forget(state: RoomState, _actor: User, command: Forget, now: int) -> Outcome:
    """Let go of messages whose records are over. Nobody is told: age is no event."""
    state.chat[:] = [message for message in state.chat if message.id not in command.ids]
    _forget_nonces(state, now)
    return Outcome(Empty(), [])


@handles(Delete)
def delete(state: RoomState, actor: User, command: Delete, now: int) -> Outcome:
    """Delete one message, a user's, or all. The text goes from the log, the ring and every client."""
    order = command.command
    if (order.id is not None) + (order.user is not None) + order.all != 1:
        raise Rejected(ErrorCode.BAD_PARAMS, "expected exactly one of id, user and all", field="id")
    own = not order.all and command.author is not None and command.author.id == actor.id
    _check_may_delete(state, actor, command, own=own)
    ids = None if order.id is None else [order.id]
    told = state.tell(ChatDeleted, now, actor, by=actor, ids=ids, user=order.user, all=order.all)
    event = told.event
    assert isinstance(event, ChatDeleted), "a deletion tells itself"
    state.chat[:] = [message for message in state.chat if not deletes(event, message)]
    erased = MessagesErased(event.seq, None if ids is None else tuple(ids), order.user)
    return Outcome(DeleteResult(deleted=command.messages), [erased, told._replace(own=own)])


def _check_may_delete(state: RoomState, actor: User, command: Delete, *, own: bool) -> None:
    if command.command.all:
        state.require(actor, Action.DELETE_ALL_MESSAGES)
        return
    state.require(actor, Action.DELETE_OWN_MESSAGE if own else Action.DELETE_MESSAGES)
    if command.author is None:
        raise Rejected(ErrorCode.NOT_FOUND, "expected a message or user of this room")
    if not own:
        state.require_outranks(actor, command.author)
