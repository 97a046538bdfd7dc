"""Commands ``token.*`` and ``bot.*``: what logs in without a password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.limits import DAY_MS
from protocol.scopes import SCOPES
from protocol.values import Scope
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.admin.users import account_of
from roomserver.api.leaving import dismiss, leave_rooms
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.identity import new_id, new_token, token_hash
from roomserver.names import checked_name
from roomserver.people import People
from storage.accounts import Accounts
from storage.bots import Bots
from storage.records import StoredAccount
from storage.roster import Roster
from storage.sessions import Sessions

_ID_CHARS = 12
"""Of a hash in hex: enough to tell one account's sessions apart, and nothing to log in with."""


class TokenList(AdminCommand, frozen=True, kw_only=True, tag="token.list"):
    """List the sessions of an account; no answer ever holds a token but ``token.create``'s."""

    changes = False

    user: str


class TokenCreate(AdminCommand, frozen=True, kw_only=True, tag="token.create"):
    """Begin a session of an account and show its token, as for ``session.resume``."""

    user: str
    days: Annotated[int, Meta(ge=1, le=365)] = 30


class TokenRevoke(AdminCommand, frozen=True, kw_only=True, tag="token.revoke"):
    """End one session of an account; its connections are closed."""

    user: str
    token_id: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{{_ID_CHARS}}}$")]


class BotList(AdminCommand, frozen=True, kw_only=True, tag="bot.list"):
    """List bots, of one account or of all."""

    changes = False

    owner: str | None = None


class BotCreate(AdminCommand, frozen=True, kw_only=True, tag="bot.create"):
    """Make a bot that an account owns, and show its token."""

    owner: str
    name: str
    scopes: list[Scope]


class BotRevoke(AdminCommand, frozen=True, kw_only=True, tag="bot.revoke"):
    """Delete a bot with its token; it is disconnected."""

    bot: str


class TokenStores(NamedTuple):
    """What the commands read and write."""

    accounts: Accounts
    sessions: Sessions
    bots: Bots
    roster: Roster


class TokenAdministration:
    """Carries the commands out, in storage and in the live connections."""

    def __init__(self, stores: TokenStores, people: People, hub: Hub, clock: ServerClock) -> None:
        self._accounts, self._sessions, self._bots, self._roster = stores
        self._people = people
        self._hub = hub
        self._now_ms = clock.now_ms

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            TokenList: self.list,
            TokenCreate: self.create,
            TokenRevoke: self.revoke,
            BotList: self.bots,
            BotCreate: self.create_bot,
            BotRevoke: self.revoke_bot,
        }

    async def list(self, command: TokenList) -> Mapping[str, object]:
        """List sessions."""
        account = await account_of(self._accounts, command.user)
        rows = []
        for session in await self._roster.sessions(account.id, self._now_ms()):
            callers = self._people.callers_of(account.id)
            rows.append(
                {
                    "token_id": _token_id(session.token_hash),
                    "created_at_ms": session.created_at_ms,
                    "expires_at_ms": session.expires_at_ms,
                    "connections": sum(one.token_hash == session.token_hash for one in callers),
                }
            )
        return {"tokens": rows}

    async def create(self, command: TokenCreate) -> Mapping[str, object]:
        """Begin a session."""
        account = await account_of(self._accounts, command.user)
        token, now = new_token(), self._now_ms()
        hashed, expires_at_ms = token_hash(token), now + command.days * DAY_MS
        await self._sessions.create(hashed, account.id, now, expires_at_ms)
        return {
            "user": account.name,
            "token": token,
            "token_id": _token_id(hashed),
            "expires_at_ms": expires_at_ms,
        }

    async def revoke(self, command: TokenRevoke) -> Mapping[str, object]:
        """End a session."""
        account = await account_of(self._accounts, command.user)
        sessions = await self._roster.sessions(account.id, self._now_ms())
        found = [one for one in sessions if _token_id(one.token_hash) == command.token_id]
        if not found:
            message = f"expected a token of {account.name}, got {command.token_id!r}"
            raise Rejected(ErrorCode.NOT_FOUND, message)
        await self._sessions.end(found[0].token_hash)
        for caller in self._people.callers_of(account.id):
            if caller.token_hash == found[0].token_hash:
                caller.connection.close(CloseCode.INVALID_TOKEN, "revoked by the operator")
        return {"user": account.name, "token_id": command.token_id}

    async def bots(self, command: BotList) -> Mapping[str, object]:
        """List bots."""
        owner = None if command.owner is None else await account_of(self._accounts, command.owner)
        entries = await self._roster.bots(None if owner is None else owner.id, self._now_ms())
        rows = [
            {
                **entry._asdict(),
                "scopes": msgspec.json.decode(entry.scopes),
                "connections": len(self._people.callers_of(entry.id)),
            }
            for entry in entries
        ]
        return {"bots": rows}

    async def create_bot(self, command: BotCreate) -> Mapping[str, object]:
        """Make a bot."""
        owner = await account_of(self._accounts, command.owner)
        if owner.kind not in {"user", "admin"}:
            message = f"expected a user as owner, {owner.name} is a {owner.kind}"
            raise Rejected(ErrorCode.BAD_PARAMS, message, field="owner")
        account = StoredAccount.bare(new_id(), "bot", checked_name(command.name, "name"), self._now_ms())
        token = new_token()
        made = await self._bots.create(owner.id, account, command.scopes, token_hash(token))
        return {
            "id": account.id,
            "name": account.name,
            "owner": owner.name,
            "scopes": [scope for scope in SCOPES if scope in made.scopes],
            "token": token,
        }

    async def revoke_bot(self, command: BotRevoke) -> Mapping[str, object]:
        """Delete a bot."""
        bot = await account_of(self._accounts, command.bot)
        owner_id = await self._roster.owner_of(bot.id)
        if owner_id is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a bot that somebody owns, got {bot.name!r}")
        await dismiss(self._hub, bot.to_user(), await self._bots.staffed(bot.id))
        await self._bots.revoke(owner_id, bot.id)
        for caller in self._people.callers_of(bot.id):
            leave_rooms(self._hub, caller)
            caller.connection.close(CloseCode.INVALID_TOKEN, "revoked by the operator")
        return {"id": bot.id, "name": bot.name}


def _token_id(hashed: bytes) -> str:
    return hashed.hex()[:_ID_CHARS]
