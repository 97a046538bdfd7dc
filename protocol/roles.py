"""
Roles and the permission matrix of PROTOCOL 7, as data.

The matrix is the one place that says who may do what. The room core asks it, the
reference renders it, and a test walks every cell.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from protocol.values import RoleName


class Role(enum.IntEnum):
    """A role in a room, ordered; ``ADMIN`` is global and above every room's host."""

    GUEST = 0
    USER = 1
    RESIDENT = 2
    BOUNCER = 3
    MANAGER = 4
    COHOST = 5
    HOST = 6
    ADMIN = 7

    @property
    def wire(self) -> RoleName:
        """The role's name on the wire."""
        return _WIRE[self]

    @classmethod
    def from_wire(cls, name: RoleName) -> Role:
        """Return the role of a wire name."""
        return cls[name.upper()]


_WIRE: dict[Role, RoleName] = {
    Role.GUEST: "guest",
    Role.USER: "user",
    Role.RESIDENT: "resident",
    Role.BOUNCER: "bouncer",
    Role.MANAGER: "manager",
    Role.COHOST: "cohost",
    Role.HOST: "host",
    Role.ADMIN: "admin",
}


class Action(enum.StrEnum):
    """Something a member may or may not do."""

    WATCH = "watch"
    CHAT = "chat"
    CHAT_AS_GUEST = "chat where guests may"
    DELETE_OWN_MESSAGE = "delete own message"
    DELETE_MESSAGES = "delete messages of others"
    DELETE_ALL_MESSAGES = "delete all messages"
    VOTE = "vote"
    GRAB = "grab"
    WAIT = "join and leave the waitlist"
    WAIT_WHILE_LOCKED = "join the locked waitlist"
    PLAY = "skip and leave the own play"
    SKIP_OTHERS = "skip the play of others"
    ADD_TO_WAITLIST = "add others to the waitlist"
    ADD_WHILE_LOCKED = "add others to the locked waitlist"
    REMOVE_FROM_WAITLIST = "remove others from the waitlist"
    MOVE_IN_WAITLIST = "move in the waitlist"
    LOCK = "lock and unlock the waitlist"
    CYCLE = "switch cycling"
    CLEAR = "clear the waitlist"
    EDIT_ROOM = "edit the room's texts and rules"
    SET_STAFF = "grant and take roles below the own"
    IGNORE_SLOW_MODE = "chat without slow mode"
    MENTION_EVERYONE = "mention everyone"
    VOTE_SKIP = "vote to skip"
    REPORT_MEDIA = "report unplayable media"
    BLOCK_MEDIA = "edit the block-list"
    MUTE = "mute and unmute"
    KICK = "kick"
    BAN_SHORT = "ban up to a day"
    BAN = "ban longer, and unban"
    BAN_FROM_WAITLIST = "ban from the waitlist and unban"
    READ_MOD_LOG = "read the moderation log and lists"
    OWN_ROOM = "delete and transfer the room"


class _Permission(NamedTuple):
    role: Role
    note: str


PERMISSIONS: dict[Action, _Permission] = {
    Action.WATCH: _Permission(Role.GUEST, "everyone who may enter"),
    Action.CHAT_AS_GUEST: _Permission(Role.GUEST, "only where `guests_chat` is on"),
    Action.CHAT: _Permission(Role.USER, ""),
    Action.DELETE_OWN_MESSAGE: _Permission(Role.GUEST, ""),
    Action.VOTE: _Permission(Role.USER, "not on the own play"),
    Action.GRAB: _Permission(Role.USER, ""),
    Action.WAIT: _Permission(Role.USER, ""),
    Action.PLAY: _Permission(Role.USER, ""),
    Action.WAIT_WHILE_LOCKED: _Permission(Role.RESIDENT, ""),
    Action.DELETE_MESSAGES: _Permission(Role.BOUNCER, "of lower roles"),
    Action.SKIP_OTHERS: _Permission(Role.BOUNCER, "of lower roles"),
    Action.ADD_TO_WAITLIST: _Permission(Role.BOUNCER, ""),
    Action.REMOVE_FROM_WAITLIST: _Permission(Role.BOUNCER, "lower roles"),
    Action.IGNORE_SLOW_MODE: _Permission(Role.BOUNCER, ""),
    Action.ADD_WHILE_LOCKED: _Permission(Role.MANAGER, ""),
    Action.DELETE_ALL_MESSAGES: _Permission(Role.MANAGER, ""),
    Action.MOVE_IN_WAITLIST: _Permission(Role.MANAGER, ""),
    Action.LOCK: _Permission(Role.MANAGER, ""),
    Action.CYCLE: _Permission(Role.MANAGER, ""),
    Action.CLEAR: _Permission(Role.MANAGER, ""),
    Action.SET_STAFF: _Permission(Role.MANAGER, "lower roles, granting lower roles"),
    Action.VOTE_SKIP: _Permission(Role.USER, "where the room has the rule"),
    Action.REPORT_MEDIA: _Permission(Role.GUEST, ""),
    Action.MUTE: _Permission(Role.BOUNCER, "lower roles"),
    Action.KICK: _Permission(Role.BOUNCER, "lower roles"),
    Action.BAN_SHORT: _Permission(Role.BOUNCER, "lower roles"),
    Action.BAN_FROM_WAITLIST: _Permission(Role.BOUNCER, "lower roles"),
    Action.READ_MOD_LOG: _Permission(Role.BOUNCER, ""),
    Action.BAN: _Permission(Role.MANAGER, "lower roles"),
    Action.MENTION_EVERYONE: _Permission(Role.MANAGER, "below, the words are plain text"),
    Action.BLOCK_MEDIA: _Permission(Role.MANAGER, ""),
    Action.OWN_ROOM: _Permission(Role.HOST, ""),
    Action.EDIT_ROOM: _Permission(Role.COHOST, ""),
}
"""The lowest role of every action."""


def may(role: Role, action: Action) -> bool:
    """Say whether a role allows an action."""
    return role >= PERMISSIONS[action].role


def outranks(actor: Role, target: Role) -> bool:
    """Say whether staff may act on a target: never on an equal or higher role."""
    return actor > target


def may_grant(actor: Role, granted: Role) -> bool:
    """Say whether a role may be granted: never at or above the own, and a host makes no second host."""
    return granted < min(actor, Role.HOST)
