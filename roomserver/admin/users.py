"""Commands ``user.*``: accounts, as the operator makes and mends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from protocol.values import UserKind
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.identity import new_id
from roomserver.names import checked_name
from roomserver.passwords import Passwords
from roomserver.people import People
from storage.accounts import Accounts
from storage.privacy.notice import POLICY_REV
from storage.records import StoredAccount
from storage.roster import Roster
from storage.sessions import Sessions

Password = Annotated[str, Meta(min_length=PASSWORD_CHARS_MIN, max_length=PASSWORD_CHARS_MAX)]
_ROWS_MAX = 100_000


class UserList(AdminCommand, frozen=True, kw_only=True, tag="user.list"):
    """List accounts, newest first."""

    changes = False

    kind: UserKind | None = None
    query: str = ""
    """A part of the name."""
    limit: Annotated[int, Meta(ge=1, le=_ROWS_MAX)] = 100


class UserShow(AdminCommand, frozen=True, kw_only=True, tag="user.show"):
    """Show one account; ``user`` is a name or an id, here and in all commands."""

    changes = False

    user: str


class UserCreate(AdminCommand, frozen=True, kw_only=True, tag="user.create"):
    """Make an account with a password."""

    name: str
    password: Password
    admin: bool = False


class UserPassword(AdminCommand, frozen=True, kw_only=True, tag="user.password"):
    """Set a password; every session of the account ends."""

    user: str
    password: Password


class UserRename(AdminCommand, frozen=True, kw_only=True, tag="user.rename"):
    """Give an account another name; rooms it is in see it at once."""

    user: str
    name: str


class UserAdmin(AdminCommand, frozen=True, kw_only=True, tag="user.admin"):
    """Make an account an administrator of the whole server, or an ordinary one again."""

    user: str
    on: bool


class UserLogout(AdminCommand, frozen=True, kw_only=True, tag="user.logout"):
    """End every session of an account, and disconnect it."""

    user: str


class UserStores(NamedTuple):
    """What the commands read and write."""

    accounts: Accounts
    sessions: Sessions
    roster: Roster


async def account_of(accounts: Accounts, ref: str) -> StoredAccount:
    """
    Return an account by name or id.

    Raises:
        Rejected: ``not_found``.

    """
    found = await accounts.by_name(ref) or await accounts.by_id(ref)
    if found is None:
        raise Rejected(ErrorCode.NOT_FOUND, f"expected the name or id of an account, got {ref!r}")
    return found


class UserAdministration:
    """Carries the commands out, in storage and in the live rooms and connections."""

    def __init__(
        self, stores: UserStores, passwords: Passwords, people: People, hub: Hub, clock: ServerClock
    ) -> None:
        self._accounts = stores.accounts
        self._sessions = stores.sessions
        self._roster = stores.roster
        self._passwords = passwords
        self._people = people
        self._hub = hub
        self._now_ms = clock.now_ms

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            UserList: self.list,
            UserShow: self.show,
            UserCreate: self.create,
            UserPassword: self.password,
            UserRename: self.rename,
            UserAdmin: self.admin,
            UserLogout: self.logout,
        }

    async def list(self, command: UserList) -> Mapping[str, object]:
        """List accounts."""
        entries = await self._roster.accounts(command.kind, command.query, command.limit, self._now_ms())
        rows = [
            {**entry._asdict(), "connections": len(self._people.callers_of(entry.id))} for entry in entries
        ]
        return {"users": rows}

    async def show(self, command: UserShow) -> Mapping[str, object]:
        """Show one account."""
        account = await account_of(self._accounts, command.user)
        sessions = await self._roster.sessions(account.id, self._now_ms())
        roles = await self._roster.roles(account.id)
        return {
            **_facts(account),
            "has_password": account.password_hash is not None,
            "has_email": account.email is not None,
            "country": account.country,
            "sessions": len(sessions),
            "connections": len(self._people.callers_of(account.id)),
            "staff_of": {role.slug: role.role for role in roles},
        }

    async def create(self, command: UserCreate) -> Mapping[str, object]:
        """Make an account."""
        kind: UserKind = "admin" if command.admin else "user"
        name = checked_name(command.name, "name")
        password_hash = await self._passwords.hash(command.password)
        account = StoredAccount.bare(new_id(), kind, name, self._now_ms())._replace(
            password_hash=password_hash, policy_rev=POLICY_REV
        )
        await self._accounts.create(account)
        return _facts(account)

    async def password(self, command: UserPassword) -> Mapping[str, object]:
        """Set a password."""
        account = await self._person(command.user)
        await self._accounts.update(account.id, password_hash=await self._passwords.hash(command.password))
        return {**_facts(account), "sessions_ended": await self._end_sessions(account.id)}

    async def rename(self, command: UserRename) -> Mapping[str, object]:
        """Give another name."""
        account = await account_of(self._accounts, command.user)
        await self._accounts.update(account.id, name=checked_name(command.name, "name"))
        return _facts(await self._changed(account.id))

    async def admin(self, command: UserAdmin) -> Mapping[str, object]:
        """Make an administrator, or an ordinary user again."""
        account = await self._person(command.user)
        await self._accounts.set_kind(account.id, "admin" if command.on else "user")
        return _facts(await self._changed(account.id))

    async def logout(self, command: UserLogout) -> Mapping[str, object]:
        """End all sessions."""
        account = await account_of(self._accounts, command.user)
        return {**_facts(account), "sessions_ended": await self._end_sessions(account.id)}

    async def _person(self, ref: str) -> StoredAccount:
        account = await account_of(self._accounts, ref)
        if account.kind not in {"user", "admin"}:
            message = f"expected an account, {account.name} is a {account.kind}"
            raise Rejected(ErrorCode.FORBIDDEN, message)
        return account

    async def _changed(self, account_id: str) -> StoredAccount:
        """Let everybody see what an account has become, and return it."""
        account = await account_of(self._accounts, account_id)
        user = account.to_user()
        self._people.renamed(user)
        self._hub.profile_changed(user)
        return account

    async def _end_sessions(self, account_id: str) -> int:
        ended = await self._sessions.end_all(account_id)
        for caller in self._people.callers_of(account_id):
            caller.connection.close(CloseCode.INVALID_TOKEN, "logged out by the operator")
        return ended


def _facts(account: StoredAccount) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "kind": account.kind,
        "created_at_ms": account.created_at_ms,
    }
