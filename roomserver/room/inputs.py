"""
Inputs: what the shell feeds a room beside the plain wire commands.

Where a rule needs a fact that only storage has (a playlist's top, a message's author),
the shell reads it first and hands it over here, so that the core never waits.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol import commands, limits
from protocol.errors import Rejected
from protocol.values import Media, User


class DeckItem(NamedTuple):
    """A playlist's entry with its id."""

    id: str
    media: Media


class Deck(NamedTuple):
    """
    The top of a playlist: ``items`` are its first entries, ``size`` counts all.

    Several entries, so that a DJ who comes round again before storage was read has a next.
    """

    playlist_id: str
    items: tuple[DeckItem, ...]
    size: int

    def cycled(self) -> Deck:
        """Return the deck after its top went to the playlist's end."""
        rest = self.items[1:]
        if self.size <= len(self.items):
            rest += self.items[:1]
        return self._replace(items=rest)


class Enter(NamedTuple):
    """
    A connection of the user enters; ``password_ok`` when the room's password was given.

    ``address_key`` is a keyed hash of the connection's address: it keeps banned guests out.
    """

    user: User
    password_ok: bool
    address_key: bytes | None = None


class Return(NamedTuple):
    """A user whose place is reserved is back, with the deck of the playlist they had queued up with."""

    deck: Deck | None


class Disconnected(NamedTuple):
    """A connection of the user is gone without saying goodbye: the grace begins with the last one."""

    user_id: str


class DeckRead(NamedTuple):
    """The top of the playlist that a waiting or playing user plays from; None when there is none."""

    user_id: str
    deck: Deck | None


class FallbackRead(NamedTuple):
    """
    What the fallback playlist holds now: its owner changed it, or an erasure took something out of it.

    None where there is no such playlist any more.
    """

    items: tuple[Media, ...] | None


class Unblock(NamedTuple):
    """
    What the block-list loses by an erasure: entries, by source and id, and titles, by these and the
    title; ``instead`` stands in a title's place.
    """

    gone: frozenset[tuple[str, str]]
    untitled: frozenset[tuple[str, str, str]]
    instead: str


class TitlesOver(NamedTuple):
    """Titles of what was blocked by ``until_ms`` are over: their time is, in storage too."""

    until_ms: int


class Forget(NamedTuple):
    """Messages that nobody may be shown any more, by id: their records are over."""

    ids: frozenset[str]


class StoodStill(NamedTuple):
    """The process stood still for so long: nobody could come back or show a sign of life meanwhile."""

    for_ms: int


class ProfileChanged(NamedTuple):
    """A user's public fields are now these."""

    user: User


class Erase(NamedTuple):
    """
    A user's account is being erased; ``stand_in`` takes the place where counts and bans stay.

    ``texts`` are the room's texts that the user wrote; ``ends_fallback`` says that the playlist
    which plays when nobody DJs is theirs.
    """

    user_id: str
    stand_in: User
    texts: frozenset[str] = frozenset()
    ends_fallback: bool = False


class QueueUp(NamedTuple):
    """``waitlist.join`` with the caller's deck."""

    command: commands.WaitlistJoin
    deck: Deck | None


class QueueOther(NamedTuple):
    """``waitlist.add`` with the target's deck."""

    command: commands.WaitlistAdd
    deck: Deck | None


class Reply(NamedTuple):
    """``chat.send`` in reply to a message that the room has forgotten; ``is_known``: its log has it."""

    command: commands.ChatSend
    is_known: bool


class Grab(NamedTuple):
    """
    ``vote.grab`` with the playlist it goes to and an id for the item.

    ``problem`` says why that playlist cannot take it: told to those who may grab at all.
    """

    command: commands.VoteGrab
    playlist_id: str
    item_id: str
    added: bool
    problem: Rejected | None = None


class Delete(NamedTuple):
    """``chat.delete`` with the author concerned and how many messages the log holds for it."""

    command: commands.ChatDelete
    author: User | None
    messages: int


class Update(NamedTuple):
    """``room.update`` with the new password's hash and the media of the fallback playlist it names."""

    command: commands.RoomUpdate
    password_hash: str | None
    fallback: tuple[Media, ...] = ()
    chat_ttl_range_ms: tuple[int, int] = (0, limits.CHAT_TTL_MAX_MS)
    """What the operator lets a room choose for its chat."""


class Moderate(NamedTuple):
    """A ``mod.*`` command with its target, who need not be in the room."""

    command: (
        commands.ModMute
        | commands.ModUnmute
        | commands.ModKick
        | commands.ModBan
        | commands.ModUnban
        | commands.ModWaitlistBan
        | commands.ModWaitlistUnban
    )
    target: User
    address_key: bytes | None = None
    """For a guest: the address their ban covers too."""


class Transfer(NamedTuple):
    """``room.transfer`` with the new host as an account."""

    command: commands.RoomTransfer
    user: User


class Appoint(NamedTuple):
    """``staff.set`` with the target as an account."""

    command: commands.StaffSet
    user: User
