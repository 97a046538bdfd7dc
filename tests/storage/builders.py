"""Records with everything filled in, so that a test names only what it is about."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from protocol.events import ChatMessage, PlayStarted, RoomEvent
from protocol.limits import DAY_MS
from protocol.values import Media, Play, PlaylistItem, Settings, User, UserKind
from storage.accounts import Accounts
from storage.database import Database
from storage.fold import fold
from storage.privacy.recorder import Place, shipped_recorder
from storage.privacy.registry import category_of
from storage.records import (
    ChatErasure,
    EventDraft,
    EventRow,
    PlayEnd,
    PlayRow,
    RoomRecord,
    RoomTexts,
    StoredAccount,
    VoteRecord,
    VoteRow,
    WaitingRecord,
)
from storage.rooms import Rooms

NOW = 1_700_000_000_000
EPOCH = "e1"
RECORDER = shipped_recorder()


def account(ident: str, name: str | None = None, *, kind: UserKind = "user", at: int = NOW) -> StoredAccount:
    """An account without a profile; its name is its id unless given."""
    return StoredAccount(ident, kind, name or ident, None, None, None, None, None, None, None, at)


async def add_accounts(db: Database, *idents: str) -> None:
    """Add an account for each id."""
    for ident in idents:
        await Accounts(db).create(account(ident))


def person(ident: str) -> User:
    """What others see of :func:`account`."""
    return account(ident).to_user()


def media(ident: str, **changes: Any) -> Media:
    """A track of three minutes."""
    fields = {"source": "youtube", "source_id": ident, "title": f"Title {ident}", "duration_ms": 180_000}
    return Media(**{**fields, **changes})


def item(ident: str, **changes: Any) -> PlaylistItem:
    """A playlist item with media of the same id."""
    return PlaylistItem(id=ident, media=media(ident, **changes))


def room(ident: str = "r1", **changes: Any) -> RoomRecord:
    """A public room at the beginning of its stream."""
    fields: dict[str, Any] = {
        "id": ident,
        "slug": f"slug-{ident}",
        "created_at_ms": NOW,
        "epoch": EPOCH,
        "seq": 0,
        "texts": RoomTexts(name="Name", description="About", welcome="Hi", password_hash=None),
        "settings": settings(),
        "waitlist": [],
        "leave_after_play": False,
        "fallback_playlist": None,
        "fallback_next": 0,
    }
    return RoomRecord(**{**fields, **changes})


def settings(**changes: Any) -> Settings:
    """The rules of a new room."""
    fields: dict[str, Any] = {
        "private": False,
        "password": False,
        "capacity": 100,
        "waitlist_cap": 50,
        "slow_mode_ms": 0,
        "guests_chat": True,
        "locked": False,
        "cycle": True,
    }
    return Settings(**{**fields, **changes})


async def add_room(db: Database, ident: str = "r1", **changes: Any) -> RoomRecord:
    """Add a room without a host."""
    record = room(ident, **changes)
    await Rooms(db).create(record, None)
    return record


def waiting(ident: str) -> WaitingRecord:
    """A place in the waitlist with the active playlist."""
    return WaitingRecord(user_id=ident)


def play(ident: str, dj: str | None = None, *, at: int = NOW) -> Play:
    """A play of :func:`media`."""
    return Play(
        id=ident,
        dj=person(dj) if dj else None,
        media=media(f"m-{ident}"),
        started_at_ms=at,
        duration_ms=180_000,
        position_ms=0,
        velocity=1.0,
    )


def begun(ident: str, dj: str | None = None, *, room_id: str = "r1", at: int = NOW) -> PlayRow:
    """A play that begins."""
    return RECORDER.play(play(ident, dj, at=at), Place(room_id, room_id, None))


def voted(play_id: str, user: str, value: int, *, grabbed: bool = False, at: int = NOW) -> VoteRow:
    """A vote."""
    row = RECORDER.vote(VoteRecord(play_id, user, value, grabbed, at), Place("r1", "r1", None))
    assert row is not None, "the shipped policy records votes"
    return row


def ended(ident: str, *, at: int = NOW + 180_000) -> PlayEnd:
    """A play that was liked, and played to its end."""
    return PlayEnd(ident, at, "finished", None, None, woots=2, mehs=1, grabs=1, listeners=5)


def said(seq: int, user: str, text: str, *, at: int = NOW, **changes: Any) -> ChatMessage:
    """A chat message with the id ``c<seq>``."""
    fields: dict[str, Any] = {"id": f"c{seq}", "mentions": []}
    return ChatMessage(room="r1", seq=seq, at_ms=at, user=person(user), text=text, **{**fields, **changes})


def logged(
    event: RoomEvent, *, actor: str | None = None, epoch: str = EPOCH, nonce: str | None = None
) -> EventRow:
    """The log row of a room event."""
    draft = EventDraft(
        category=category_of(event.wire),
        kind=event.wire,
        room_id=event.room,
        epoch=epoch,
        seq=event.seq,
        actor_id=event.user.id if isinstance(event, ChatMessage) else actor,
        at_ms=event.at_ms,
        nonce=nonce,
        payload=fold(event),
        media_source=event.play.media.source if isinstance(event, PlayStarted) else None,
    )
    row = RECORDER.event(draft, Place(event.room, event.room, None))
    assert row is not None, "what has a number keeps its place"
    return row


def erasure(
    *, before: int, ids: tuple[str, ...] | None = None, user: str | None = None, room_id: str = "r1"
) -> ChatErasure:
    """A deletion of chat messages."""
    return ChatErasure(room_id, before, ids, user)


def days(count: int) -> int:
    """Days in milliseconds."""
    return count * DAY_MS


async def holds(path: Path, text: str) -> bool:
    """Say whether the database file, its log or anything else beside it contains the bytes of a text."""

    def search() -> bool:
        return any(text.encode() in each.read_bytes() for each in path.parent.iterdir())

    return await asyncio.to_thread(search)
