"""The data of one room, and the questions every theme asks of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from protocol import limits
from protocol.errors import ErrorCode, Rejected
from protocol.events import ChatMessage, PlayCue, RoomEvent, SkipTally, YouUpdated
from protocol.roles import PERMISSIONS, Action, Role, may, outranks
from protocol.values import (
    SYSTEM,
    BlockedMedia,
    Booth,
    Media,
    Play,
    RoomInfo,
    Sanction,
    SanctionKind,
    Settings,
    User,
    Votes,
)
from roomserver.room.effects import Direct, TextsChanged, Told
from roomserver.room.inputs import Deck
from roomserver.room.machine import Phase

MediaKey = tuple[str, str]
"""What makes media the same: source and source id."""

_E = TypeVar("_E", bound=RoomEvent)


class Tuning(NamedTuple):
    """Durations of a room that an operator may set, in milliseconds, and the size that counts as big."""

    lead_in_ms: int = 2000
    """How long before its start a play is announced, so that every client can be ready."""
    skip_lead_ms: int = 1500
    """The lead-in when a play is cut short: everybody cuts together, and nobody waits long."""
    cue_ms: int = 12_000
    """How long before a play's end what comes next is told, for players to load it."""
    wake_ms: int = 500
    """The lead-in when the fallback playlist starts for the first one to enter."""
    grace_ms: int = 30_000
    """How long a member without a connection keeps everything (u-wave holds 30 s too)."""
    tally_ms: int = 100
    """Votes are told in batches of this length: at most ten tallies a second."""
    presence_ms: int = 250
    """Joins and leaves are told in batches of this length, in a big room in longer ones."""
    big_room: int = limits.BIG_ROOM_MEMBERS
    """With more members than that a room names only some of them."""


DEFAULT_TUNING = Tuning()


@dataclass(slots=True)
class Member:
    """A user in the room. ``away_since`` is set while no connection carries them."""

    user: User
    connections: int
    away_since: int | None = None
    named: bool = True
    """Whether any client may hold them as a member, and must be told when they go."""


class Reservation(NamedTuple):
    """
    A place kept for somebody whose grace ran out; each turn since moves it up by one.

    ``playlist_id`` and ``media`` are what they queued up with, as in :class:`Waiting`.
    """

    user: User
    position: int
    until_ms: int
    playlist_id: str | None = None
    media: Media | None = None


class Waiting(NamedTuple):
    """A place in the waitlist: plays ``media`` once, or from a playlist (None: the active one)."""

    user: User
    playlist_id: str | None = None
    media: Media | None = None


class Counts(NamedTuple):
    """What a room thinks of a play so far; ``listeners`` are the distinct members who were there."""

    woots: int
    mehs: int
    grabs: int
    listeners: int


@dataclass(slots=True)
class Turn:
    """The current play and what the room thinks of it."""

    play: Play
    playlist_id: str | None = None
    leave_after_play: bool = False
    nth: int = 1
    """The how-manieth play of this DJ's turn this is."""
    is_going_on: bool = False
    """Set at the end when the same DJ plays on in this turn."""
    skip_votes: set[str] = field(default_factory=set)
    reports: dict[str, str] = field(default_factory=dict)
    """User id to the problem their player has with the media."""
    votes: dict[str, int] = field(default_factory=dict)
    grabs: set[str] = field(default_factory=set)
    listeners: set[str] = field(default_factory=set)

    def score(self) -> Counts:
        """Count what the room thinks."""
        values = list(self.votes.values())
        return Counts(
            woots=values.count(1),
            mehs=values.count(-1),
            grabs=len(self.grabs),
            listeners=len(self.listeners),
        )


@dataclass(slots=True)
class Batches:
    """What the room will tell in batches: who came and went, and whose vote changed."""

    version: int = 0
    joined: dict[str, None] = field(default_factory=dict)
    left: dict[str, bool] = field(default_factory=dict)
    """Who left, and whether they had been named."""
    presence_due_ms: int | None = None
    list_due_ms: int = 0
    """When everybody may be named at once again."""
    votes: dict[str, int] = field(default_factory=dict)
    tally_due_ms: int | None = None
    skip: SkipTally | None = None
    """The vote to skip as it was told last."""
    skip_due_ms: int | None = None
    durations: list[int | None] = field(default_factory=list)
    durations_due_ms: int | None = None
    cue: PlayCue | None = None
    """What comes next as it was told last; None when nothing was told of this play's successor."""
    cue_rev: int = 0
    cue_due_ms: int | None = None


@dataclass(slots=True)
class RoomState:
    """Everything a room is. Only handlers change it, and only after all their checks have passed."""

    info: RoomInfo
    settings: Settings
    password_hash: str | None
    epoch: str
    seq: int
    new_id: Callable[[], str]
    """Makes ids of plays and messages; the core has no randomness of its own."""
    tuning: Tuning = DEFAULT_TUNING
    phase: Phase = Phase.EMPTY
    turn: Turn | None = None
    staff: dict[str, tuple[User, Role]] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    """Changed by :meth:`let_in`, :meth:`let_out` and :meth:`rename` only, which count."""
    is_big: bool = False
    """Whether some members are not named: from the big size on, until everybody was named again."""
    guests: int = 0
    """How many of the members are guests: a big room is asked at every join."""
    admins: set[str] = field(default_factory=set)
    """Those of the members who are administrators: a big room names them."""
    away: dict[str, int] = field(default_factory=dict)
    """User id to the instant their last connection went, oldest first."""
    waitlist: list[Waiting] = field(default_factory=list)
    decks: dict[str, Deck] = field(default_factory=dict)
    fallback_playlist: str | None = None
    """Whose first items ``fallback`` are."""
    fallback: tuple[Media, ...] = ()
    fallback_next: int = 0
    chat: list[ChatMessage] = field(default_factory=list)
    nonces: dict[tuple[str, str], tuple[str, int, int]] = field(default_factory=dict)
    """(user id, nonce) to (message id, seq, instant), oldest first."""
    spoke_at_ms: dict[str, int] = field(default_factory=dict)
    """User id to the instant of their last message, oldest first, for slow mode."""
    batches: Batches = field(default_factory=Batches)
    sanctions: dict[tuple[SanctionKind, str], Sanction] = field(default_factory=dict)
    """By kind and user id; what has run out is as good as gone."""
    banned_addresses: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    """Id of a banned guest to a keyed address hash, and until when guests from there stay out."""
    reservations: dict[str, Reservation] = field(default_factory=dict)
    """By user id, the one that runs out first at the front."""
    blocked: dict[MediaKey, BlockedMedia] = field(default_factory=dict)
    recent: deque[tuple[MediaKey, int]] = field(default_factory=lambda: deque(maxlen=limits.REPEAT_PLAYS_MAX))
    """What was played and when it began, oldest first."""
    active_at_ms: dict[str, int] = field(default_factory=dict)
    """When each member last did something."""
    warned: dict[str, int] = field(default_factory=dict)
    """Who was told that they are about to lose their place, and when that is."""
    locked_at_ms: int = 0
    cycle_off_at_ms: int = 0
    chat_ttl_set_at_ms: int = 0
    """When the room last chose how long chat is kept."""

    # Members

    def let_in(self, member: Member) -> None:
        """Take a member in who was not there."""
        self.members[member.user.id] = member
        self._count(member.user, 1)
        if len(self.members) > self.tuning.big_room:
            self.is_big = True

    def let_out(self, user_id: str) -> None:
        """Take a member out."""
        self._count(self.members.pop(user_id).user, -1)

    def rename(self, member: Member, user: User) -> None:
        """Give a member the new public fields; an account may have become an administrator's."""
        self._count(member.user, -1)
        member.user = user
        self._count(user, 1)

    def _count(self, user: User, change: int) -> None:
        if user.kind == "guest":
            self.guests += change
        elif user.kind == "admin":
            (self.admins.add if change > 0 else self.admins.discard)(user.id)

    # Questions

    def sanction(self, kind: SanctionKind, user_id: str, now: int) -> Sanction | None:
        """Return the mute or ban that is in force for a user."""
        sanction = self.sanctions.get((kind, user_id))
        if sanction is None or (sanction.until_ms is not None and sanction.until_ms <= now):
            return None
        return sanction

    def role_of(self, user: User) -> Role:
        """Return a user's role here."""
        if user.kind == "admin":
            return Role.ADMIN
        if user.kind == "guest":
            return Role.GUEST
        appointed = self.staff.get(user.id)
        return Role.USER if appointed is None else appointed[1]

    def require(self, user: User, action: Action) -> Role:
        """
        Return the role of a member, or of the operator, who may do something.

        Raises:
            Rejected: ``not_in_room`` or ``forbidden``.

        """
        if user.id not in self.members and user.id != SYSTEM.id:
            raise Rejected(ErrorCode.NOT_IN_ROOM, f"expected a member of {self.info.slug}: join it first")
        role = self.role_of(user)
        if not may(role, action):
            needs = PERMISSIONS[action].role.wire
            message = f"expected at least {needs} to {action}, got {role.wire}"
            raise Rejected(ErrorCode.FORBIDDEN, message, needs=needs)
        return role

    def require_outranks(self, actor: User, target: User) -> None:
        """
        Check that staff act on a lower role.

        Raises:
            Rejected: ``higher_role``.

        """
        mine, theirs = self.role_of(actor), self.role_of(target)
        if not outranks(mine, theirs):
            message = f"expected a role below {mine.wire}, got {theirs.wire}"
            raise Rejected(ErrorCode.HIGHER_ROLE, message)

    def position_of(self, user_id: str) -> int | None:
        """Return a user's index in the waitlist."""
        for index, waiting in enumerate(self.waitlist):
            if waiting.user.id == user_id:
                return index
        return None

    @property
    def dj(self) -> User | None:
        """Who plays; None when nobody does or the fallback playlist is on."""
        return None if self.turn is None else self.turn.play.dj

    def is_dj(self, user_id: str) -> bool:
        """Say whether a user is in the booth."""
        return self.dj is not None and self.dj.id == user_id

    def waiting_users(self) -> list[User]:
        """Return the waitlist as it is told."""
        return [waiting.user for waiting in self.waitlist]

    def booth(self) -> Booth:
        """Return the booth as it is told."""
        turn = self.turn
        if turn is None:
            return Booth(dj=None, play=None, leave_after_play=False)
        return Booth(dj=turn.play.dj, play=turn.play, leave_after_play=turn.leave_after_play)

    def votes(self) -> Votes:
        """Return the current score as it is told."""
        if self.turn is None:
            return Votes(play_id=None, woots=0, mehs=0, grabs=0)
        score = self.turn.score()
        return Votes(play_id=self.turn.play.id, woots=score.woots, mehs=score.mehs, grabs=score.grabs)

    # Telling

    def settings_changed(self) -> TextsChanged:
        """Ask for the room's texts and rules to be stored."""
        return TextsChanged(self.info, self.settings, self.password_hash, self.fallback_playlist)

    def tell(
        self, event: type[_E], now: int, actor: User | None = None, nonce: str | None = None, **fields: Any
    ) -> Told:
        """Make the next event of the room's stream."""
        self.seq += 1
        told = event(room=self.info.id, seq=self.seq, at_ms=now, **fields)
        return Told(told, None if actor is None else actor.id, nonce)

    def muted_until_ms(self, user_id: str, now: int) -> int | None:
        """Return when a user may speak again, as far as they may know."""
        mute = self.sanction("mute", user_id, now)
        return None if mute is None or mute.shadow else mute.until_ms

    def tell_you(self, user: User, now: int, reason: str | None = None) -> Direct:
        """Tell a user where they stand."""
        event = YouUpdated(
            room=self.info.id,
            role=self.role_of(user).wire,
            muted_until_ms=self.muted_until_ms(user.id, now),
            waitlist_position=self.position_of(user.id),
            reason=reason,
        )
        return Direct(user.id, event)
