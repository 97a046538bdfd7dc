"""All commands of the operator, put together from the parts of a server."""

from __future__ import annotations

from roomserver.admin.command import Administration
from roomserver.admin.privacy import Operated, PrivacyAdministration
from roomserver.admin.users import UserAdministration, UserStores
from roomserver.alive import Alive
from storage.accounts import Accounts
from storage.database import Database
from storage.roster import Roster
from storage.sessions import Sessions


def administration(database: Database, alive: Alive, operated: Operated) -> Administration:
    """Return what carries out every command."""
    stores = UserStores(Accounts(database), Sessions(database), Roster(database))
    users = UserAdministration(stores, alive.passwords, alive.people, alive.hub, alive.clock)
    privacy = PrivacyAdministration(operated)
    return Administration({**users.handlers(), **privacy.handlers()})
