"""What a bot can listen to beside the events of the wire."""

from __future__ import annotations

from protocol.values import Id, Member, Value


class Happening(Value, frozen=True, kw_only=True):
    """Base of what the bot layer makes of the wire's events."""

    room: Id


class Ready(Happening, frozen=True, kw_only=True):
    """The bot is in a room: once for each, when it starts."""


class MemberJoined(Happening, frozen=True, kw_only=True):
    """
    Somebody came while the bot was there.

    In rooms over the announced size the server tells of staff and DJs alone.
    """

    member: Member


class MemberLeft(Happening, frozen=True, kw_only=True):
    """Somebody is gone."""

    member: Member
