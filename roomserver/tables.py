"""Storage by aggregate: one object of each, made once for a server."""

from __future__ import annotations

from typing import NamedTuple

from storage.accounts import Accounts
from storage.bots import Bots
from storage.chatlog import ChatLog
from storage.database import Database
from storage.favorites import Favorites
from storage.history import History
from storage.ignores import Ignores
from storage.items import Items
from storage.journal import Journal
from storage.modlog import ModLog
from storage.playlists import Playlists
from storage.privacy.recorder import Recorder
from storage.rooms import Rooms
from storage.roster import Roster
from storage.sessions import Sessions


class Tables(NamedTuple):
    """Every aggregate of a database. Hand on the ones that are needed, never the whole."""

    accounts: Accounts
    bots: Bots
    chat: ChatLog
    favorites: Favorites
    history: History
    ignores: Ignores
    items: Items
    journal: Journal
    modlog: ModLog
    playlists: Playlists
    rooms: Rooms
    roster: Roster
    sessions: Sessions

    @classmethod
    def of(cls, database: Database, recorder: Recorder) -> Tables:
        """Return the aggregates of a database; the journal records by ``recorder``."""
        return cls(
            Accounts(database),
            Bots(database),
            ChatLog(database),
            Favorites(database),
            History(database),
            Ignores(database),
            Items(database),
            Journal(database, recorder),
            ModLog(database),
            Playlists(database),
            Rooms(database),
            Roster(database),
            Sessions(database),
        )
