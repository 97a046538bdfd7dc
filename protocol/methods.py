"""
The table of methods: params, result, permission, rate class, notes.

The gateway dispatches by it, the reference renders it, and tests walk it.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol import commands, results, values
from protocol.commands import Command
from protocol.errors import ErrorCode as E
from protocol.roles import Action
from protocol.values import Value


class Method(NamedTuple):
    """
    One method of the wire.

    ``actions`` are the permissions it may need, the least one first; ``rate`` names its
    token bucket; ``before_auth`` says whether it works without a session; ``errors`` are
    the domain errors beside the general ones.
    """

    params: type[Command]
    result: type[Value]
    rate: str
    actions: tuple[Action, ...] = ()
    errors: tuple[E, ...] = ()
    before_auth: bool = False


_TABLE = (
    Method(commands.SessionGuest, values.Session, "join", (), (E.NAME_TAKEN,), before_auth=True),
    Method(
        commands.SessionRegister,
        values.Session,
        "auth",
        (),
        (E.REGISTRATION_REFUSED, E.NAME_TAKEN, E.POLICY_REACCEPT_REQUIRED),
        before_auth=True,
    ),
    Method(commands.SessionLogin, values.Session, "auth", (), (E.INVALID_CREDENTIALS,), before_auth=True),
    Method(commands.SessionResume, values.Session, "join", (), (E.INVALID_CREDENTIALS,), before_auth=True),
    Method(commands.SessionLogout, results.Empty, "join"),
    Method(commands.AccountGet, results.AccountResult, "read"),
    Method(commands.AccountUpdate, results.AccountResult, "auth", (), (E.NAME_TAKEN, E.INVALID_CREDENTIALS)),
    Method(commands.BotCreate, results.BotResult, "auth", (), (E.NAME_TAKEN, E.TOO_MANY)),
    Method(commands.BotList, results.BotsResult, "read"),
    Method(commands.BotRevoke, results.BotsResult, "auth"),
    Method(commands.ClockSync, results.ClockResult, "clock", before_auth=True),
    Method(commands.RoomList, results.RoomsResult, "read", before_auth=True),
    Method(commands.RoomGet, results.RoomResult, "read", (), (E.ROOM_ARCHIVED,), before_auth=True),
    Method(commands.RoomCreate, results.RoomResult, "join", (), (E.ROOM_EXISTS, E.TOO_MANY)),
    Method(
        commands.RoomJoin,
        results.JoinResult,
        "join",
        (Action.WATCH,),
        (E.WRONG_PASSWORD, E.ROOM_FULL, E.ROOM_ARCHIVED, E.BANNED, E.TOO_MANY),
    ),
    Method(commands.RoomLeave, results.Empty, "join"),
    Method(commands.RoomUpdate, results.RoomResult, "moderate", (Action.EDIT_ROOM,)),
    Method(commands.RoomMembers, results.MembersResult, "read"),
    Method(
        commands.WaitlistJoin,
        results.WaitingResult,
        "queue",
        (Action.WAIT, Action.WAIT_WHILE_LOCKED),
        (
            E.NO_MEDIA,
            E.WAITLIST_LOCKED,
            E.WAITLIST_FULL,
            E.WAITLIST_BANNED,
            E.ALREADY_WAITING,
            E.TOO_LONG,
            E.RECENTLY_PLAYED,
            E.BLOCKED_MEDIA,
        ),
    ),
    Method(commands.WaitlistLeave, results.Empty, "queue", (Action.WAIT,), (E.NOT_WAITING,)),
    Method(
        commands.WaitlistAdd,
        results.WaitingResult,
        "moderate",
        (Action.ADD_TO_WAITLIST, Action.ADD_WHILE_LOCKED),
        (
            E.NO_MEDIA,
            E.WAITLIST_LOCKED,
            E.WAITLIST_FULL,
            E.WAITLIST_BANNED,
            E.ALREADY_WAITING,
            E.TOO_LONG,
            E.RECENTLY_PLAYED,
            E.BLOCKED_MEDIA,
        ),
    ),
    Method(
        commands.WaitlistRemove,
        results.Empty,
        "moderate",
        (Action.REMOVE_FROM_WAITLIST,),
        (E.NOT_WAITING, E.HIGHER_ROLE),
    ),
    Method(
        commands.WaitlistMove,
        results.WaitingResult,
        "moderate",
        (Action.MOVE_IN_WAITLIST,),
        (E.NOT_WAITING,),
    ),
    Method(commands.WaitlistLock, results.Empty, "moderate", (Action.LOCK,)),
    Method(commands.WaitlistCycle, results.Empty, "moderate", (Action.CYCLE,)),
    Method(commands.WaitlistClear, results.Empty, "moderate", (Action.CLEAR,)),
    Method(
        commands.BoothSkip,
        results.SkipResult,
        "moderate",
        (Action.PLAY, Action.SKIP_OTHERS),
        (E.STALE_PLAY, E.HIGHER_ROLE),
    ),
    Method(commands.BoothLeave, results.Empty, "queue", (Action.PLAY,), (E.NOT_WAITING,)),
    Method(commands.VoteCast, results.Empty, "vote", (Action.VOTE,), (E.STALE_PLAY, E.OWN_PLAY)),
    Method(
        commands.VoteGrab,
        results.GrabResult,
        "vote",
        (Action.GRAB,),
        (E.STALE_PLAY, E.OWN_PLAY, E.TOO_MANY),
    ),
    Method(commands.PlaylistList, results.PlaylistsResult, "read"),
    Method(commands.PlaylistCreate, results.PlaylistResult, "playlist", (), (E.TOO_MANY,)),
    Method(commands.PlaylistRename, results.PlaylistResult, "playlist"),
    Method(commands.PlaylistDelete, results.PlaylistsResult, "playlist"),
    Method(commands.PlaylistActivate, results.PlaylistResult, "playlist"),
    Method(commands.PlaylistShuffle, results.PlaylistResult, "playlist"),
    Method(commands.PlaylistItems, results.ItemsResult, "read"),
    Method(commands.PlaylistInsert, results.InsertResult, "playlist", (), (E.TOO_MANY,)),
    Method(commands.PlaylistMove, results.PlaylistResult, "playlist"),
    Method(commands.PlaylistRemove, results.PlaylistResult, "playlist"),
    Method(commands.HistoryRoom, results.HistoryResult, "read"),
    Method(commands.HistoryUser, results.HistoryResult, "read"),
    Method(
        commands.ChatSend,
        results.ChatResult,
        "chat",
        (Action.CHAT_AS_GUEST, Action.CHAT, Action.IGNORE_SLOW_MODE),
        (E.SLOW_MODE, E.MUTED),
    ),
    Method(
        commands.ChatDelete,
        results.DeleteResult,
        "moderate",
        (Action.DELETE_OWN_MESSAGE, Action.DELETE_MESSAGES, Action.DELETE_ALL_MESSAGES),
        (E.HIGHER_ROLE,),
    ),
    Method(commands.ChatHistory, results.ChatHistoryResult, "read"),
    Method(commands.StaffSet, results.StaffResult, "moderate", (Action.SET_STAFF,), (E.HIGHER_ROLE,)),
    Method(commands.RoomDelete, results.Empty, "moderate", (Action.OWN_ROOM,)),
    Method(commands.RoomTransfer, results.StaffResult, "moderate", (Action.OWN_ROOM,)),
    Method(commands.RoomClaim, results.RoomResult, "moderate"),
    Method(commands.FavoriteSet, results.Empty, "read", (), (E.TOO_MANY,)),
    Method(commands.FavoriteList, results.FavoritesResult, "read"),
    Method(commands.IgnoreSet, results.Empty, "read", (), (E.TOO_MANY,)),
    Method(commands.IgnoreList, results.IgnoredResult, "read"),
    Method(commands.UserGet, results.UserResult, "read"),
    Method(commands.BoothVoteSkip, results.Empty, "vote", (Action.VOTE_SKIP,), (E.STALE_PLAY, E.OWN_PLAY)),
    Method(commands.MediaReport, results.Empty, "vote", (Action.REPORT_MEDIA,), (E.STALE_PLAY,)),
    Method(commands.SyncReport, results.Empty, "clock", (Action.WATCH,), (E.STALE_PLAY,)),
    Method(commands.MediaBlock, results.Empty, "moderate", (Action.BLOCK_MEDIA,), (E.TOO_MANY,)),
    Method(commands.MediaBlocked, results.BlockedResult, "read", (Action.READ_MOD_LOG,)),
    Method(commands.PlaylistUpdateItem, results.ItemResult, "playlist"),
    Method(commands.PlaylistExport, results.ExportResult, "playlist"),
    Method(commands.PlaylistImport, results.InsertResult, "playlist", (), (E.TOO_MANY,)),
    Method(commands.MediaResolve, results.ResolveResult, "playlist"),
    Method(commands.ModMute, results.Empty, "moderate", (Action.MUTE,), (E.HIGHER_ROLE,)),
    Method(commands.ModUnmute, results.Empty, "moderate", (Action.MUTE,), (E.HIGHER_ROLE,)),
    Method(commands.ModKick, results.Empty, "moderate", (Action.KICK,), (E.HIGHER_ROLE,)),
    Method(commands.ModBan, results.Empty, "moderate", (Action.BAN_SHORT, Action.BAN), (E.HIGHER_ROLE,)),
    Method(commands.ModUnban, results.Empty, "moderate", (Action.BAN,), (E.HIGHER_ROLE,)),
    Method(commands.ModWaitlistBan, results.Empty, "moderate", (Action.BAN_FROM_WAITLIST,), (E.HIGHER_ROLE,)),
    Method(
        commands.ModWaitlistUnban,
        results.Empty,
        "moderate",
        (Action.BAN_FROM_WAITLIST,),
        (E.HIGHER_ROLE,),
    ),
    Method(commands.ModList, results.SanctionsResult, "read", (Action.READ_MOD_LOG,)),
    Method(commands.ModLog, results.LogResult, "read", (Action.READ_MOD_LOG,)),
    Method(commands.PrivacyNotice, results.NoticeResult, "read", before_auth=True),
    Method(commands.PrivacyStatus, results.PrivacyResult, "read"),
    Method(commands.PrivacyAcknowledge, results.Empty, "privacy", (), (E.CONFLICT,)),
    Method(commands.PrivacyAccept, results.PrivacyResult, "privacy", (), (E.CONFLICT,)),
    Method(commands.PrivacyConsents, results.PrivacyResult, "privacy"),
    Method(commands.PrivacySelfTtl, results.PrivacyResult, "privacy"),
    Method(commands.PrivacyExport, results.RequestResult, "privacy", (), (E.TOO_MANY,)),
    Method(commands.PrivacyErase, results.RequestResult, "auth", (), (E.INVALID_CREDENTIALS,)),
    Method(commands.PrivacyProve, results.ProofResult, "privacy", (), (E.CONFLICT,)),
    Method(commands.PrivacyReportAge, results.Empty, "privacy", (), (E.TOO_MANY,)),
)

METHODS: dict[str, Method] = {method.params.method: method for method in _TABLE}
"""Every method by its wire name."""
