"""Commands of the booth: waitlist, turns, votes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol import limits
from protocol.commands.base import RoomCommand
from protocol.values import Cursor, Id, Limit, Media, MediaProblem, Ms, PlayerKind, Position, Reason

_Count = Annotated[int, Meta(ge=0, le=10_000)]


class WaitlistJoin(RoomCommand, frozen=True, kw_only=True):
    """Queue up with the active playlist, another playlist, or one media once."""

    method = "waitlist.join"
    playlist_id: Id | None = None
    media: Media | None = None


class WaitlistLeave(RoomCommand, frozen=True, kw_only=True):
    """Give up the own place."""

    method = "waitlist.leave"


class WaitlistAdd(RoomCommand, frozen=True, kw_only=True):
    """Queue up a member with their active playlist."""

    method = "waitlist.add"
    user: Id
    position: Position | None = None


class WaitlistRemove(RoomCommand, frozen=True, kw_only=True):
    """Take a user out of the waitlist."""

    method = "waitlist.remove"
    user: Id


class WaitlistMove(RoomCommand, frozen=True, kw_only=True):
    """Move a user to an index of the waitlist; an index past the end means the end."""

    method = "waitlist.move"
    user: Id
    position: Position


class WaitlistLock(RoomCommand, frozen=True, kw_only=True):
    """Lock or unlock the waitlist; with ``clear`` also empty it."""

    method = "waitlist.lock"
    on: bool
    clear: bool = False


class WaitlistCycle(RoomCommand, frozen=True, kw_only=True):
    """Say whether a DJ goes back to the waitlist's end after a play."""

    method = "waitlist.cycle"
    on: bool


class WaitlistClear(RoomCommand, frozen=True, kw_only=True):
    """Empty the waitlist; the current DJ stays."""

    method = "waitlist.clear"


class BoothSkip(RoomCommand, frozen=True, kw_only=True):
    """End a play now; ``requeue_at`` gives its DJ a place in the waitlist."""

    method = "booth.skip"
    play_id: Id
    reason: Reason | None = None
    requeue_at: Position | None = None


class BoothLeave(RoomCommand, frozen=True, kw_only=True):
    """Step down now, or after this play; ``on: false`` takes "after this play" back."""

    method = "booth.leave"
    after_play: bool
    on: bool = True


class BoothVoteSkip(RoomCommand, frozen=True, kw_only=True):
    """Vote to skip a play, or take the vote back; works where the room has the rule."""

    method = "booth.vote_skip"
    play_id: Id
    on: bool


class MediaReport(RoomCommand, frozen=True, kw_only=True):
    """Say that the own player cannot play it; when half of at least three cannot, it is skipped."""

    method = "media.report"
    play_id: Id
    problem: MediaProblem
    position_ms: Ms | None = None


class SyncReport(RoomCommand, frozen=True, kw_only=True):
    """
    Say how closely the own player keeps to the timing vector, once per ``sync_report_ms`` at most.

    ``error_ms_p50`` and ``error_ms_p95`` are of the distances since the last report, early or
    late alike; ``rtt_ms`` is the shortest round trip of the clock's window; ``seeks`` and
    ``stalls`` are counted since the last report. Only the operator's statistics get them.
    """

    method = "sync.report"
    play_id: Id
    error_ms_p50: Ms
    error_ms_p95: Ms
    rtt_ms: Ms
    seeks: _Count
    stalls: _Count
    player: PlayerKind | None = None


class MediaBlock(RoomCommand, frozen=True, kw_only=True):
    """Put media on the room's block-list, or take it off."""

    method = "media.block"
    media: Media
    on: bool


class MediaBlocked(RoomCommand, frozen=True, kw_only=True):
    """Page through the room's block-list."""

    method = "media.blocked"
    cursor: Cursor | None = None
    limit: Limit = limits.PAGE_DEFAULT


class VoteCast(RoomCommand, frozen=True, kw_only=True):
    """Woot (1), meh (-1) or take the vote back (0)."""

    method = "vote.cast"
    play_id: Id
    value: Literal[1, 0, -1]


class VoteGrab(RoomCommand, frozen=True, kw_only=True):
    """Copy the current media to a playlist of the caller, the active one by default."""

    method = "vote.grab"
    play_id: Id
    playlist_id: Id | None = None
