"""
The snapshot reducer: ``snapshot@k`` plus events ``k+1..n`` equals ``snapshot@n``.

One pure function, shared by the Python client and the tests that prove the law; the web
client carries its twin. It knows nothing of sequence numbers: the caller applies events
in order, exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from protocol import limits
from protocol.events import (
    BoothLeaving,
    ChatDeleted,
    ChatMessage,
    Event,
    PlayMoved,
    PlayStarted,
    PlayStopped,
    RoomUpdated,
    Snapshot,
    StaffChanged,
    UserErased,
    UserUpdated,
    VoteTally,
    WaitlistChanged,
    WaitlistSettings,
)
from protocol.mentions import without
from protocol.values import Booth, StaffMember, User, Votes

_E = TypeVar("_E", bound=Event)
_Step = Callable[[Snapshot, Any], Snapshot]
_STEPS: dict[type[Event], _Step] = {}


def _reduces(event_type: type[_E]) -> Callable[[Callable[[Snapshot, _E], Snapshot]], _Step]:
    def register(step: Callable[[Snapshot, _E], Snapshot]) -> _Step:
        _STEPS[event_type] = cast("_Step", step)
        return step

    return register


def apply(snapshot: Snapshot, event: Event) -> Snapshot:
    """Return the snapshot after an event. Events without an effect on it return it unchanged."""
    step = _STEPS.get(type(event))
    return snapshot if step is None else step(snapshot, event)


def trim_chat(chat: list[ChatMessage]) -> list[ChatMessage]:
    """Return the part of the chat that a snapshot carries."""
    return chat[-limits.CHAT_REPLAY_MESSAGES :]


def without_person(chat: list[ChatMessage], user_id: str) -> list[ChatMessage]:
    """Return the chat without what somebody said who was erased, and without their name in the rest."""
    kept = []
    for message in chat:
        if message.user.id == user_id:
            continue
        text, mentions = without(message.text, message.mentions, user_id)
        kept.append(
            message if mentions is message.mentions else replace(message, text=text, mentions=mentions)
        )
    return kept


def recent(snapshot: Snapshot, now_ms: int) -> Snapshot:
    """
    Return the snapshot without chat older than a joiner may see.

    Age is no event, so the law holds up to this: what a client reduced, seen at the same
    instant, equals what the server hands out.
    """
    oldest = now_ms - limits.CHAT_REPLAY_MS
    if not snapshot.chat or snapshot.chat[0].at_ms >= oldest:
        return snapshot
    return replace(snapshot, chat=[message for message in snapshot.chat if message.at_ms >= oldest])


NO_VOTES = Votes(play_id=None, woots=0, mehs=0, grabs=0)


@_reduces(PlayStarted)
def _play_started(snapshot: Snapshot, event: PlayStarted) -> Snapshot:
    return replace(
        snapshot,
        booth=Booth(dj=event.play.dj, play=event.play, leave_after_play=False),
        waitlist=event.waitlist,
        votes=Votes(play_id=event.play.id, woots=0, mehs=0, grabs=0),
    )


@_reduces(PlayStopped)
def _play_stopped(snapshot: Snapshot, event: PlayStopped) -> Snapshot:
    booth = Booth(dj=None, play=None, leave_after_play=False)
    return replace(snapshot, booth=booth, waitlist=event.waitlist, votes=NO_VOTES)


@_reduces(PlayMoved)
def _play_moved(snapshot: Snapshot, event: PlayMoved) -> Snapshot:
    return replace(snapshot, booth=replace(snapshot.booth, play=event.play))


@_reduces(BoothLeaving)
def _booth_leaving(snapshot: Snapshot, event: BoothLeaving) -> Snapshot:
    return replace(snapshot, booth=replace(snapshot.booth, leave_after_play=event.after_play))


@_reduces(WaitlistChanged)
def _waitlist_changed(snapshot: Snapshot, event: WaitlistChanged) -> Snapshot:
    return replace(snapshot, waitlist=event.waitlist)


@_reduces(WaitlistSettings)
def _waitlist_settings(snapshot: Snapshot, event: WaitlistSettings) -> Snapshot:
    return replace(snapshot, settings=replace(snapshot.settings, locked=event.locked, cycle=event.cycle))


@_reduces(ChatMessage)
def _chat_message(snapshot: Snapshot, event: ChatMessage) -> Snapshot:
    return replace(snapshot, chat=trim_chat([*snapshot.chat, event]))


@_reduces(ChatDeleted)
def _chat_deleted(snapshot: Snapshot, event: ChatDeleted) -> Snapshot:
    return replace(snapshot, chat=[message for message in snapshot.chat if not deletes(event, message)])


def deletes(event: ChatDeleted, message: ChatMessage) -> bool:
    """Say whether a deletion covers a message that came before it."""
    return event.all or message.user.id == event.user or message.id in (event.ids or ())


@_reduces(RoomUpdated)
def _room_updated(snapshot: Snapshot, event: RoomUpdated) -> Snapshot:
    def changed(*fields: str) -> dict[str, Any]:
        return {field: value for field in fields if (value := getattr(event, field)) is not None}

    texts = changed("name", "description", "welcome")
    rules = changed(
        "private",
        "password",
        "capacity",
        "waitlist_cap",
        "slow_mode_ms",
        "guests_chat",
        "rules",
        "fallback",
        "chat_ttl_ms",
    )
    return replace(
        snapshot, room=replace(snapshot.room, **texts), settings=replace(snapshot.settings, **rules)
    )


@_reduces(StaffChanged)
def _staff_changed(snapshot: Snapshot, event: StaffChanged) -> Snapshot:
    staff = [member for member in snapshot.staff if member.user.id != event.user.id]
    if event.role != "user":
        staff.append(StaffMember(user=event.user, role=event.role))
    return replace(snapshot, staff=staff)


@_reduces(UserUpdated)
def _user_updated(snapshot: Snapshot, event: UserUpdated) -> Snapshot:
    def fresh(user: User) -> User:
        return event.user if user.id == event.user.id else user

    booth = snapshot.booth
    if booth.dj is not None:
        dj = fresh(booth.dj)
        play = None if booth.play is None else replace(booth.play, dj=dj)
        booth = replace(booth, dj=dj, play=play)
    return replace(
        snapshot,
        booth=booth,
        waitlist=[fresh(user) for user in snapshot.waitlist],
        chat=[replace(message, user=fresh(message.user)) for message in snapshot.chat],
        staff=[replace(member, user=fresh(member.user)) for member in snapshot.staff],
    )


@_reduces(UserErased)
def _user_erased(snapshot: Snapshot, event: UserErased) -> Snapshot:
    # Booth and waitlist say so by events of their own, which come first.
    gone = event.user_id
    return replace(
        snapshot,
        chat=without_person(snapshot.chat, gone),
        staff=[member for member in snapshot.staff if member.user.id != gone],
    )


@_reduces(VoteTally)
def _vote_tally(snapshot: Snapshot, event: VoteTally) -> Snapshot:
    if event.play_id != snapshot.votes.play_id:
        # A tally is latest-value: one for an older play may arrive late and is void.
        return snapshot
    votes = Votes(play_id=event.play_id, woots=event.woots, mehs=event.mehs, grabs=event.grabs)
    return replace(snapshot, votes=votes)
