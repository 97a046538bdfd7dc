"""
Events: what the server says on its own, one frozen struct each.

:class:`RoomEvent` structs change what a room durably is and carry ``room``, ``seq`` and
``at_ms``. :class:`LatestEvent` structs replace each other and carry no ``seq``.
:class:`DirectEvent` structs go to one connection or user.
"""

from __future__ import annotations

from protocol.events.base import DirectEvent, Event, LatestEvent, RoomEvent
from protocol.events.direct import (
    Announcement,
    ChatEcho,
    Closing,
    Hello,
    PlaylistCycled,
    PolicyChanged,
    PolicyInfo,
    PrivacyExportReady,
    Reconnect,
    Resync,
    RoomClosed,
    ServerInfo,
    YouUpdated,
)
from protocol.events.latest import (
    NoticeChanged,
    PlayCue,
    RoomMembers,
    SkipTally,
    VoteTally,
    WaitlistDurations,
)
from protocol.events.room import (
    BoothLeaving,
    ChatDeleted,
    ChatMessage,
    MemberBanned,
    MemberKicked,
    MemberMuted,
    MemberUnbanned,
    MemberUnmuted,
    MemberWaitlistBanned,
    MemberWaitlistUnbanned,
    PlayMoved,
    PlayStarted,
    PlayStopped,
    RoomUpdated,
    StaffChanged,
    UserErased,
    UserUpdated,
    WaitlistChanged,
    WaitlistSettings,
)
from protocol.values import Booth, RoomInfo, Settings, StaffMember, User, Value, Votes


class Snapshot(Value, frozen=True, kw_only=True):
    """What a room durably is at one ``seq``; see :mod:`protocol.reducer`."""

    room: RoomInfo
    settings: Settings
    booth: Booth
    waitlist: list[User]
    votes: Votes
    chat: list[ChatMessage]
    staff: list[StaffMember]


ROOM_EVENTS: dict[str, type[RoomEvent]] = {
    event.wire: event
    for event in (
        PlayStarted,
        PlayStopped,
        PlayMoved,
        BoothLeaving,
        WaitlistChanged,
        WaitlistSettings,
        ChatMessage,
        ChatDeleted,
        RoomUpdated,
        MemberMuted,
        MemberUnmuted,
        MemberKicked,
        MemberBanned,
        MemberUnbanned,
        MemberWaitlistBanned,
        MemberWaitlistUnbanned,
        StaffChanged,
        UserUpdated,
        UserErased,
    )
}
LATEST_EVENTS: dict[str, type[LatestEvent]] = {
    event.wire: event
    for event in (RoomMembers, NoticeChanged, PlayCue, SkipTally, VoteTally, WaitlistDurations)
}
DIRECT_EVENTS: dict[str, type[DirectEvent]] = {
    event.wire: event
    for event in (
        Hello,
        Closing,
        Resync,
        YouUpdated,
        PlaylistCycled,
        ChatEcho,
        RoomClosed,
        PolicyChanged,
        PrivacyExportReady,
        Announcement,
        Reconnect,
    )
}
EVENTS: dict[str, type[Event]] = {**ROOM_EVENTS, **LATEST_EVENTS, **DIRECT_EVENTS}
"""Every event by its wire name. Clients ignore names they do not know."""

__all__ = [
    "DIRECT_EVENTS",
    "EVENTS",
    "LATEST_EVENTS",
    "ROOM_EVENTS",
    "Announcement",
    "BoothLeaving",
    "ChatDeleted",
    "ChatEcho",
    "ChatMessage",
    "Closing",
    "DirectEvent",
    "Event",
    "Hello",
    "LatestEvent",
    "MemberBanned",
    "MemberKicked",
    "MemberMuted",
    "MemberUnbanned",
    "MemberUnmuted",
    "MemberWaitlistBanned",
    "MemberWaitlistUnbanned",
    "NoticeChanged",
    "PlayCue",
    "PlayMoved",
    "PlayStarted",
    "PlayStopped",
    "PlaylistCycled",
    "PolicyChanged",
    "PolicyInfo",
    "PrivacyExportReady",
    "Reconnect",
    "Resync",
    "RoomClosed",
    "RoomEvent",
    "RoomMembers",
    "RoomUpdated",
    "ServerInfo",
    "SkipTally",
    "Snapshot",
    "StaffChanged",
    "UserErased",
    "UserUpdated",
    "VoteTally",
    "WaitlistChanged",
    "WaitlistDurations",
    "WaitlistSettings",
    "YouUpdated",
]
