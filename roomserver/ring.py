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
from roomserver.authors import Authors
from roomserver.room.effects import MessagesErased
from storage.privacy.unlinking import Leaver, unlinked


class _Entry(NamedTuple):
    event: RoomEvent
    encoded: bytes
    shown_until_ms: int


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

    def __init__(self, bounds: Limits, events: Iterable[tuple[RoomEvent, int]] = ()) -> None:
        self._max_age_ms = bounds.resume_ms
        self._entries: deque[_Entry] = deque(maxlen=bounds.resume_events)
        self.authors = Authors()
        """Whose the messages are that people may still have on their screens."""
        self._next_end_ms: int | None = None
        """When the first of the entries is over that do not live for as long as the ring."""
        for event, shown_until_ms in events:
            self.append(event, shown_until_ms)

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, event: RoomEvent, shown_until_ms: int) -> bytes:
        """Take the next event, to be told until an instant; return its encoding, which is made once."""
        encoded = codec.encode_event(event.wire, event)
        self._entries.append(_Entry(event, encoded, shown_until_ms))
        if isinstance(event, ChatMessage):
            self.authors.note(event)
        if shown_until_ms < event.at_ms + self._max_age_ms:
            self._next_end_ms = min(shown_until_ms, self._next_end_ms or shown_until_ms)
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
        return [entry.encoded if hears_chat else unheard(entry.event, entry.encoded) for entry in missed]

    def expire(self, now_ms: int) -> int:
        """
        Forget what is too old to be resumed, or may not be shown any more; return how much that was.

        A message that is over becomes a tombstone. Any other event takes all before it along:
        a client that missed it needs the state as a whole.
        """
        self.authors.expire(now_ms)
        before = len(self._entries)
        while self._entries and self._entries[0].event.at_ms < now_ms - self._max_age_ms:
            self._entries.popleft()
        gone = before - len(self._entries)
        if self._next_end_ms is not None and self._next_end_ms <= now_ms:
            gone += self._end(now_ms)
        return gone

    def _end(self, now_ms: int) -> int:
        left: deque[_Entry] = deque(maxlen=self._entries.maxlen)
        touched = 0
        for entry in self._entries:
            if entry.shown_until_ms > now_ms:
                left.append(entry)
            elif isinstance(entry.event, ChatMessage):
                touched += bool(entry.event.text)
                left.append(_buried(entry.event))
            else:
                touched += len(left) + 1
                left.clear()
        self._entries = left
        ends = [
            entry.shown_until_ms
            for entry in left
            if now_ms < entry.shown_until_ms < entry.event.at_ms + self._max_age_ms
        ]
        self._next_end_ms = min(ends, default=None)
        return touched

    def unlink(self, leaver: Leaver) -> int:
        """Take an erased person out of every event; return how many were touched."""
        self.authors.forget(leaver.id)
        touched = 0
        for index, (event, _, shown_until_ms) in enumerate(self._entries):
            fresh = unlinked(event, leaver)
            if fresh is not event:
                self._entries[index] = _Entry(fresh, codec.encode_event(fresh.wire, fresh), shown_until_ms)
                touched += fresh != event
        return touched

    def contains(self, probe: bytes) -> int:
        """Count the events whose bytes hold these; for verification only."""
        return sum(probe in entry.encoded for entry in self._entries) + self.authors.contains(probe)

    def scrub(self, erased: MessagesErased) -> int:
        """Remove the text of deleted messages; return how many were touched."""
        self.authors.delete(erased)
        touched = 0
        for index, (event, _, _) in enumerate(self._entries):
            if isinstance(event, ChatMessage) and _covers(erased, event):
                self._entries[index] = _buried(event)
                touched += 1
        return touched


_FOREVER = 2**62
"""A tombstone holds nothing that could be over."""


def _buried(message: ChatMessage) -> _Entry:
    grave = tombstone(message)
    return _Entry(grave, codec.encode_event(grave.wire, grave), _FOREVER)


def _covers(erased: MessagesErased, message: ChatMessage) -> bool:
    if message.seq >= erased.before_seq:
        return False
    if erased.ids is not None:
        return message.id in erased.ids
    return erased.user_id is None or message.user.id == erased.user_id
