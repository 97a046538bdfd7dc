"""
The resume ring: the last events of a room, encoded, for clients that come back.

A client gets all it missed or a snapshot, never a part. Deleted text leaves the ring at
once: the event stays as a tombstone, so that ``seq`` has no hole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from protocol import codec
from protocol.events import ChatMessage, RoomEvent
from protocol.limits import Limits
from roomserver.room.effects import MessagesErased
from storage.privacy.unlinking import Leaver, unlinked


class _Entry(NamedTuple):
    event: RoomEvent
    encoded: bytes


def tombstone(message: ChatMessage) -> ChatMessage:
    """Return a message without anything that was said."""
    return replace(message, text="", mentions=[], reply_to=None)


def unheard(event: RoomEvent, encoded: bytes) -> bytes:
    """Return an event's encoding for those who may not know what is said."""
    if not isinstance(event, ChatMessage):
        return encoded
    return codec.encode_event(event.wire, tombstone(event))


class Ring:
    """Events of one epoch, oldest first, bounded by count and age."""

    def __init__(self, bounds: Limits, events: Iterable[RoomEvent] = ()) -> None:
        self._max_age_ms = bounds.resume_ms
        self._entries: deque[_Entry] = deque(maxlen=bounds.resume_events)
        for event in events:
            self._entries.append(_Entry(event, codec.encode_event(event.wire, event)))

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, event: RoomEvent) -> bytes:
        """Take the next event; return its encoding, which is made once."""
        encoded = codec.encode_event(event.wire, event)
        self._entries.append(_Entry(event, encoded))
        return encoded

    def since(
        self, seq: int, current_seq: int, now_ms: int, *, hears_chat: bool = True
    ) -> list[bytes] | None:
        """
        Return the encoded events after ``seq``, possibly none.

        None when the ring does not hold all of them, or ``seq`` lies in the future.
        """
        self.expire(now_ms)
        if seq == current_seq:
            return []
        if seq > current_seq or not self._entries or self._entries[0].event.seq > seq + 1:
            return None
        missed = [entry for entry in self._entries if entry.event.seq > seq]
        return [entry.encoded if hears_chat else unheard(*entry) for entry in missed]

    def expire(self, now_ms: int) -> None:
        """Forget what is too old to be resumed."""
        while self._entries and self._entries[0].event.at_ms < now_ms - self._max_age_ms:
            self._entries.popleft()

    def unlink(self, leaver: Leaver) -> int:
        """Take an erased person out of every event; return how many were touched."""
        touched = 0
        for index, (event, _) in enumerate(self._entries):
            fresh = unlinked(event, leaver)
            if fresh is not event:
                self._entries[index] = _Entry(fresh, codec.encode_event(fresh.wire, fresh))
                touched += fresh != event
        return touched

    def contains(self, probe: bytes) -> int:
        """Count the events whose bytes hold these; for verification only."""
        return sum(probe in entry.encoded for entry in self._entries)

    def scrub(self, erased: MessagesErased) -> int:
        """Remove the text of deleted messages; return how many were touched."""
        touched = 0
        for index, (event, _) in enumerate(self._entries):
            if isinstance(event, ChatMessage) and _covers(erased, event):
                grave = tombstone(event)
                self._entries[index] = _Entry(grave, codec.encode_event(grave.wire, grave))
                touched += 1
        return touched


def _covers(erased: MessagesErased, message: ChatMessage) -> bool:
    if message.seq >= erased.before_seq:
        return False
    if erased.ids is not None:
        return message.id in erased.ids
    return erased.user_id is None or message.user.id == erased.user_id
