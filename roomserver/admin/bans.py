"""Commands ``ban.*`` about the whole server: accounts and networks that stay out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta

from protocol.errors import ErrorCode, Rejected
from protocol.limits import DAY_MS, GUEST_BAN_MS, REASON_CHARS, SANCTION_MAX_MS
from protocol.text import clean
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.admin.users import account_of
from roomserver.bans import BanList, close, is_anybodys, network_of, prefix_of
from roomserver.clock import ServerClock
from roomserver.gateway.connection import Connection
from roomserver.identity import new_id
from roomserver.people import People
from storage.accounts import Accounts
from storage.bans import ServerBan
from storage.privacy.audit import Audit, AuditAction, Entry

Reason = Annotated[str, Meta(max_length=REASON_CHARS)]
Duration = Annotated[int, Meta(ge=1000, le=SANCTION_MAX_MS)]


class BanServer(AdminCommand, frozen=True, kw_only=True, tag="ban.server"):
    """List who is banned from the whole server, oldest first."""

    changes = False


class BanUser(AdminCommand, frozen=True, kw_only=True, tag="ban.user"):
    """Ban an account, with its bots, from the whole server, for a while or for good (None)."""

    user: str
    duration_ms: Duration | None = None
    reason: Reason | None = None


class BanAddress(AdminCommand, frozen=True, kw_only=True, tag="ban.address"):
    """Ban an address or a network; one that may be somebody's own for a week at most."""

    address: str
    duration_ms: Duration | None = None
    reason: Reason | None = None


class BanPardon(AdminCommand, frozen=True, kw_only=True, tag="ban.pardon"):
    """Let in again: ``whom`` is the id of a ban, a user, or the address or network that was banned."""

    whom: str


class Barred(NamedTuple):
    """What a ban reads, writes and closes."""

    bans: BanList
    accounts: Accounts
    audit: Audit
    people: People
    connections: Callable[[], Iterable[Connection]]
    policy_rev: Callable[[], int]


class BanAdministration:
    """Carries the commands out: in storage, in memory, and on the connections there are."""

    def __init__(self, barred: Barred, clock: ServerClock) -> None:
        self._bans, self._accounts, self._audit, self._people, self._connections, self._rev = barred
        self._now_ms = clock.now_ms

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            BanServer: self.list,
            BanUser: self.user,
            BanAddress: self.address,
            BanPardon: self.pardon,
        }

    async def list(self, _command: BanServer) -> Mapping[str, object]:
        """List the bans in force."""
        now = self._now_ms()
        await self._bans.load(now)
        return {"bans": [await self._facts(ban) for ban in self._bans]}

    async def user(self, command: BanUser) -> Mapping[str, object]:
        """Ban an account, and close its connections."""
        account = await account_of(self._accounts, command.user)
        if account.kind in {"admin", "bot"}:
            instead = "demote it first" if account.kind == "admin" else "ban its owner, or revoke it"
            raise Rejected(
                ErrorCode.FORBIDDEN, f"expected a user, {account.name} is a {account.kind}: {instead}"
            )
        ban = self._made(command.duration_ms, command.reason)._replace(account_id=account.id)
        await self._put(ban)
        return {**await self._facts(ban), "closed": self._close(ban)}

    async def address(self, command: BanAddress) -> Mapping[str, object]:
        """Ban a network, and close the connections from there."""
        try:
            network = network_of(command.address)
        except ValueError as error:
            raise Rejected(ErrorCode.BAD_PARAMS, f"expected an address or a network: {error}") from error
        duration_ms = command.duration_ms
        if not is_anybodys(network):
            if duration_ms is not None and duration_ms > GUEST_BAN_MS:
                days = GUEST_BAN_MS // DAY_MS
                message = f"expected at most {days}d for {network}: it may be one person's, and changes hands"
                raise Rejected(ErrorCode.BAD_PARAMS, message)
            duration_ms = duration_ms or GUEST_BAN_MS
        ban = self._made(duration_ms, command.reason)._replace(
            network_key=self._bans.keyed(network),
            network=str(network) if is_anybodys(network) else None,
            prefix=prefix_of(network),
        )
        await self._put(ban)
        return {**await self._facts(ban), "closed": self._close(ban)}

    async def pardon(self, command: BanPardon) -> Mapping[str, object]:
        """End a ban."""
        now = self._now_ms()
        await self._bans.load(now)
        ban = await self._meant(command.whom)
        facts = await self._facts(ban)
        await self._bans.lift(ban, now)
        await self._note("ban.lifted", ban)
        return facts

    def _made(self, duration_ms: int | None, reason: str | None) -> ServerBan:
        now = self._now_ms()
        until_ms = None if duration_ms is None else now + duration_ms
        said = None if reason is None else clean(reason) or None
        return ServerBan(new_id(), None, None, None, None, said, now, until_ms)

    async def _put(self, ban: ServerBan) -> None:
        await self._bans.put(ban)
        await self._note("ban.set", ban)

    async def _note(self, action: AuditAction, ban: ServerBan) -> None:
        entry = Entry(
            action, "operator", self._now_ms(), self._rev(), subject_id=ban.account_id, category="bans"
        )
        await self._audit.write(entry)

    async def _meant(self, whom: str) -> ServerBan:
        by_id = {ban.id: ban for ban in self._bans}
        if whom in by_id:
            return by_id[whom]
        try:
            key = self._bans.keyed(network_of(whom))
        except ValueError:
            account = await account_of(self._accounts, whom)
            found = [ban for ban in self._bans if ban.account_id == account.id]
        else:
            found = [ban for ban in self._bans if ban.network_key == key]
        if not found:
            raise Rejected(
                ErrorCode.NOT_FOUND, f"expected somebody who is banned from the server, got {whom!r}"
            )
        return found[0]

    def _close(self, ban: ServerBan) -> int:
        """Close the connections of everybody whom a new ban is of; return how many."""
        now = self._now_ms()
        barred: set[Connection] = set()
        for connection in self._connections():
            if connection.peer is not None and self._bans.of_client(connection.client, now) == ban:
                barred.add(connection)
        for person in self._people:
            # Who was banned before has come back for their own data.
            if self._bans.of_account(person.user.id, now) == ban:
                barred |= {caller.connection for caller in person.callers}
        for connection in barred:
            close(connection, ban, now)
        return len(barred)

    async def _facts(self, ban: ServerBan) -> dict[str, object]:
        account = None if ban.account_id is None else await self._accounts.by_id(ban.account_id)
        if ban.account_id is not None:
            whom = ban.account_id if account is None else account.name
        else:
            whom = ban.network or f"an IPv{(ban.prefix or '').replace('/', ' network of /')}"
        return {
            "id": ban.id,
            "whom": whom,
            "kind": "network" if ban.account_id is None else "account",
            "at_ms": ban.at_ms,
            "until_ms": ban.until_ms,
            "reason": ban.reason,
        }
