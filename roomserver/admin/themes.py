"""All commands of the operator, put together from the parts of a server."""

from __future__ import annotations

from roomserver.admin.bans import BanAdministration
from roomserver.admin.command import Administration
from roomserver.admin.privacy import Operated, PrivacyAdministration
from roomserver.admin.proofs import ProofAdministration
from roomserver.admin.retention import RetentionAdministration
from roomserver.admin.rooms import RoomAdministration, RoomShelf
from roomserver.admin.server import ServerAdministration
from roomserver.admin.tokens import TokenAdministration, TokenStores
from roomserver.admin.users import UserAdministration, UserStores
from roomserver.alive import Alive
from roomserver.tables import Tables


def administration(
    tables: Tables, alive: Alive, itself: ServerAdministration, operated: Operated, bans: BanAdministration
) -> Administration:
    """Return what carries out every command."""
    roster = tables.roster
    hub, people, clock = alive.hub, alive.people, alive.clock
    themes = (
        itself,
        UserAdministration(
            UserStores(tables.accounts, tables.sessions, roster), alive.passwords, people, hub, clock
        ),
        RoomAdministration(
            RoomShelf(tables.rooms, tables.accounts, roster, operated.rights.unowned), hub, people, clock
        ),
        TokenAdministration(
            TokenStores(tables.accounts, tables.sessions, tables.bots, roster), people, hub, clock
        ),
        PrivacyAdministration(operated),
        ProofAdministration(operated.rights, operated.accounts),
        RetentionAdministration(operated.retention, clock),
        bans,
    )
    return Administration(
        {command: handler for theme in themes for command, handler in theme.handlers().items()}
    )
