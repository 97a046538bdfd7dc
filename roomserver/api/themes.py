"""All methods, put together from the parts of a server."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.commands import Command
from roomserver.alive import Alive
from roomserver.api.accounts import AccountMethods, Arrival
from roomserver.api.booth import BoothMethods
from roomserver.api.bots import BotMethods
from roomserver.api.claims import ClaimMethods
from roomserver.api.dispatch import Handler
from roomserver.api.favorites import FavoriteMethods
from roomserver.api.media import MediaMethods
from roomserver.api.moderation import ModerationMethods
from roomserver.api.notices import NoticeMethods
from roomserver.api.playlist_files import PlaylistFileMethods
from roomserver.api.playlists import PlaylistMethods
from roomserver.api.privacy import PrivacyMethods
from roomserver.api.records import LogStores, RecordMethods
from roomserver.api.rooms import RoomMethods, RoomStores
from roomserver.api.sync import SyncMethods
from roomserver.api.users import UserMethods
from roomserver.config import MediaConfig
from roomserver.decks import Decks
from roomserver.fallbacks import Fallbacks
from roomserver.identity import Identity, Stores
from roomserver.notices import follow_causes
from roomserver.privacy.rights import Rights
from roomserver.resolver import make_resolver
from roomserver.retention import Retention
from roomserver.tables import Tables


def handlers(
    tables: Tables,
    alive: Alive,
    retention: Retention,
    media: MediaConfig,
    players: SyncMethods,
    rights: Rights,
) -> Mapping[type[Command], Handler]:
    """Return what serves each method that a room does not handle alone."""
    hub, people, passwords, guard, clock = alive
    stores = Stores(tables.accounts, tables.sessions, tables.journal, tables.bots)
    identity = Identity(stores, passwords, clock, rights.door)
    decks = Decks(tables.playlists)
    room_stores, fallbacks = RoomStores(tables.rooms, tables.accounts, decks), Fallbacks(hub, decks)
    log_stores = LogStores(tables.chat, tables.history, tables.accounts)

    follow_causes(retention.notices, retention.recorder, hub, people)
    arrival = Arrival(guard, rights.greet, retention.moved)
    themes = (
        AccountMethods(identity, tables.accounts, people, hub, arrival, clock),
        BotMethods(identity, tables.bots, people, hub, clock),
        RoomMethods(hub, room_stores, passwords, guard, clock, retention),
        ClaimMethods(rights.unowned),
        BoothMethods(hub, tables.playlists),
        PlaylistMethods(hub, tables.playlists, fallbacks, clock),
        ModerationMethods(hub, tables.accounts, people, tables.modlog, clock),
        PlaylistFileMethods(hub, tables.playlists, tables.items, fallbacks),
        FavoriteMethods(hub, tables.favorites, clock),
        UserMethods(tables.accounts, tables.ignores),
        MediaMethods(make_resolver(media)),
        players,
        PrivacyMethods(rights.services, tables.accounts, passwords, guard),
        RecordMethods(hub, log_stores, clock),
        NoticeMethods(hub, retention.notices, clock),
    )
    return {command: handler for theme in themes for command, handler in theme.handlers().items()}
