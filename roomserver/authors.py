"""
Whose the messages on people's screens are: ids alone, for as long as a room shows its past.

The log does not say it of what is not recorded, recorded under a pseudonym, or over; whoever said
it, and the staff, can take it back all the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from protocol.events import ChatMessage
from protocol.limits import CHAT_REPLAY_MS
from roomserver.room.effects import MessagesErased

AUTHORS_MAX = 1000
"""Of so many messages a room remembers whose they were: more than a busy screen holds."""


class _Said(NamedTuple):
    author_id: str
    seq: int
    at_ms: int


class Authors:
    """Message ids with who said them, oldest first; never a word."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, _Said] = OrderedDict()

    def __len__(self) -> int:
        return len(self._said)

    def note(self, message: ChatMessage) -> None:
        """Remember whose a message is; what is too old goes with the tidying of the ring, not here."""
        self._said[message.id] = _Said(message.user.id, message.seq, message.at_ms)
        if len(self._said) > AUTHORS_MAX:
            self._said.popitem(last=False)

    def of(self, message_id: str, now_ms: int) -> str | None:
        """Return the id of who said a message; None if it was deleted, or is too long ago."""
        self.expire(now_ms)
        said = self._said.get(message_id)
        return None if said is None else said.author_id

    def expire(self, now_ms: int) -> None:
        """Forget what a room no longer shows to those who come in."""
        while self._said and next(iter(self._said.values())).at_ms <= now_ms - CHAT_REPLAY_MS:
            self._said.popitem(last=False)

    def forget(self, user_id: str) -> None:
        """Forget a person."""
        self._keep_if(lambda said: said.author_id != user_id)

    def delete(self, erased: MessagesErased) -> None:
        """Forget messages that were deleted: a second time they are not there."""
        if erased.ids is not None:
            for message_id in erased.ids:
                self._said.pop(message_id, None)
        else:
            self._keep_if(
                lambda said: (
                    said.seq >= erased.before_seq
                    or (erased.user_id is not None and said.author_id != erased.user_id)
                )
            )

    def contains(self, probe: bytes) -> int:
        """Count the entries whose bytes hold these; for verification only."""
        return sum(probe in f"{id_} {said.author_id}".encode() for id_, said in self._said.items())

    def _keep_if(self, wanted: Callable[[_Said], bool]) -> None:
        kept = ((id_, said) for id_, said in self._said.items() if wanted(said))
        self._said = OrderedDict(kept)
