"""
Rules: what a room plays and whom it lets, checked when somebody queues up and at the turn.

Each check answers with the refusal or None, so that the same rule can be an error at join
and a reason at play.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec.structs import replace

from protocol.commands import MediaBlock, MediaBlocked
from protocol.errors import ErrorCode, Rejected
from protocol.limits import BLOCKED_MEDIA_MAX, REASON_CHARS, TITLE_CHARS
from protocol.media import checked, span_ms
from protocol.results import BlockedResult, Empty
from protocol.roles import Action, Role
from protocol.text import checked_text
from protocol.values import BlockedMedia, Media, User
from roomserver.room.effects import Blocked, Noted, Outcome
from roomserver.room.inputs import TitlesOver
from roomserver.room.paging import next_offset, offset_of
from roomserver.room.registry import handles
from roomserver.room.state import MediaKey, RoomState

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)

_AgeRule = Literal["chat_age_ms", "link_age_ms", "dj_age_ms"]
_AGED: dict[_AgeRule, str] = {
    "chat_age_ms": "chat",
    "link_age_ms": "post links",
    "dj_age_ms": "join the waitlist",
}
"""What each rule about an account's age holds back."""


def said(reason: str | None) -> str | None:
    """
    Return why somebody does something, as others are told it; None when nothing is left of the words.

    Raises:
        Rejected: ``bad_params`` when it is too long.

    """
    return checked_text(reason or "", REASON_CHARS, "reason") or None


def key_of(media: Media) -> MediaKey:
    """Return what makes media the same."""
    return media.source, media.source_id


def media_refusal(state: RoomState, media: Media, now: int) -> Rejected | None:
    """Return why the room does not play a media now."""
    rules = state.settings.rules
    if key_of(media) in state.blocked:
        return Rejected(ErrorCode.BLOCKED_MEDIA, f"the room does not play {media.title!r}")
    _, duration = span_ms(media)
    if rules.max_duration_ms and duration > rules.max_duration_ms:
        message = f"expected at most {rules.max_duration_ms} ms, got {duration}"
        return Rejected(ErrorCode.TOO_LONG, message, limit=rules.max_duration_ms)
    return _repetition(state, key_of(media), now)


def _repetition(state: RoomState, key: MediaKey, now: int) -> Rejected | None:
    rules = state.settings.rules
    for plays_ago, (played, began_at) in enumerate(reversed(state.recent), 1):
        in_plays = plays_ago <= rules.repeat_plays
        # A play may begin in the future: without the rule that is no repetition either.
        in_time = rules.repeat_ms > 0 and began_at + rules.repeat_ms > now
        if not in_plays and not in_time:
            return None  # everything before is older in both ways
        if played == key:
            message = f"expected something else, this was played {plays_ago} plays ago"
            if in_plays:
                return Rejected(ErrorCode.RECENTLY_PLAYED, message)
            wait = began_at + rules.repeat_ms - now
            return Rejected(ErrorCode.RECENTLY_PLAYED, message, retry_after_ms=wait)
    return None


def require_age(state: RoomState, user: User, rule: _AgeRule, now: int) -> None:
    """
    Check that an account is old enough for a rule; residents and up are exempt.

    Raises:
        Rejected: ``forbidden`` with the ``rule`` and the time to wait; a guest has to make an account.

    """
    required_ms: int = getattr(state.settings.rules, rule)
    what = _AGED[rule]
    if not required_ms or state.role_of(user) >= Role.RESIDENT:
        return
    if user.kind == "guest":
        raise Rejected(
            ErrorCode.FORBIDDEN, f"expected an account to {what}, got a guest", needs="user", rule=rule
        )
    wait = user.created_at_ms + required_ms - now
    if wait > 0:
        message = f"expected an account of {required_ms} ms to {what}, {wait} ms to go"
        raise Rejected(ErrorCode.FORBIDDEN, message, rule=rule, retry_after_ms=wait)


def has_link(text: str) -> bool:
    """Say whether a message holds a link."""
    return _LINK.search(text) is not None


@handles(MediaBlock)
def block(state: RoomState, actor: User, command: MediaBlock, now: int) -> Outcome:
    """Put media on the block-list or take it off; what plays now goes on."""
    state.require(actor, Action.BLOCK_MEDIA)
    key = key_of(command.media)
    if command.on == (key in state.blocked):
        return Outcome(Empty(), [])
    if not command.on:
        del state.blocked[key]
        return Outcome(Empty(), [Blocked(*key, None), _noted(actor, command, now)])
    media = checked(command.media)
    if len(state.blocked) >= BLOCKED_MEDIA_MAX:
        message = f"expected at most {BLOCKED_MEDIA_MAX} entries"
        raise Rejected(ErrorCode.TOO_MANY, message, limit=BLOCKED_MEDIA_MAX)
    entry = BlockedMedia(
        source=media.source,
        source_id=media.source_id,
        title=media.title,
        by=actor,
        at_ms=now,
    )
    state.blocked[key] = entry
    return Outcome(Empty(), [Blocked(*key, entry), _noted(actor, command, now)])


def _noted(actor: User, command: MediaBlock, now: int) -> Noted:
    # By what makes it the same, not by its title: titles have a time of their own.
    action = "media.blocked" if command.on else "media.unblocked"
    return Noted(action, actor, now, detail=" ".join(key_of(command.media)))


@handles(TitlesOver)
def titles_over(state: RoomState, _actor: User, command: TitlesOver, _now: int) -> Outcome:
    """Call what was blocked long ago by its source and id; storage does so by itself."""
    for key, entry in state.blocked.items():
        if entry.at_ms <= command.until_ms:
            state.blocked[key] = replace(entry, title=" ".join(key)[:TITLE_CHARS])
    return Outcome(Empty(), [])


def has_titles(state: RoomState, until_ms: int) -> bool:
    """Say whether anything that was blocked by an instant still has its title."""
    return any(
        entry.at_ms <= until_ms and entry.title != " ".join(key)[:TITLE_CHARS]
        for key, entry in state.blocked.items()
    )


@handles(MediaBlocked)
def blocked(state: RoomState, actor: User, command: MediaBlocked, _now: int) -> Outcome:
    """Page through the block-list, newest first."""
    state.require(actor, Action.READ_MOD_LOG)
    offset = offset_of(command.cursor)
    everything = list(state.blocked.values())[::-1]
    page = everything[offset : offset + command.limit]
    return Outcome(BlockedResult(blocked=page, next_cursor=next_offset(offset, page, len(everything))), [])
