"""Methods ``mod.*``: whom they concern is read here, whether they may is the room's."""

from __future__ import annotations

from typing import Any

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import LogResult
from protocol.roles import Action
from protocol.values import User
from roomserver.api.dispatch import Call, Handler
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.people import People
from roomserver.room.inputs import Moderate
from storage.accounts import Accounts
from storage.modlog import ModLog

_ORDERS: tuple[type[Command], ...] = (
    commands.ModMute,
    commands.ModUnmute,
    commands.ModKick,
    commands.ModBan,
    commands.ModUnban,
    commands.ModWaitlistBan,
    commands.ModWaitlistUnban,
)


class ModerationMethods:
    """Orders on people, and the log of them."""

    def __init__(self, hub: Hub, accounts: Accounts, people: People, log: ModLog, clock: ServerClock) -> None:
        self._hub = hub
        self._accounts = accounts
        self._people = people
        self._log = log
        self._clock = clock

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        orders: dict[type[Command], Handler] = dict.fromkeys(_ORDERS, self.order)
        return {**orders, commands.ModLog: self.log}

    async def order(self, call: Call, command: Any) -> None:
        """Carry out an order on somebody, who need not be in the room."""
        live = await self._hub.open(command.room)
        member = live.room.state.members.get(command.user)
        target = await self._account(command.user) if member is None else member.user
        order = Moderate(command, target, self._address_key(target))
        self._hub.run(live, call.user, order, call.ask)

    async def _account(self, user_id: str) -> User:
        stored = await self._accounts.by_id(user_id)
        if stored is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a user, got {user_id!r}", field="user")
        return stored.to_user()

    def _address_key(self, target: User) -> bytes | None:
        callers = self._people.callers_of(target.id)
        return callers[0].address_key if callers else None

    async def log(self, call: Call, command: commands.ModLog) -> LogResult:
        """Page through what staff did."""
        live = await self._hub.open(command.room)
        live.room.state.require(call.user, Action.READ_MOD_LOG)
        page = await self._log.page(live.id, command.cursor, command.limit, self._clock.over_ms())
        return LogResult(entries=page.entries, next_cursor=page.next_cursor)
