"""Methods ``user.get`` and ``ignore.*``."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import Empty, IgnoredResult, UserResult
from protocol.roles import Role
from roomserver.api.dispatch import Call, Handler
from storage.accounts import Accounts
from storage.ignores import Ignores


class UserMethods:
    """What people may know of each other."""

    def __init__(self, accounts: Accounts, ignores: Ignores) -> None:
        self._accounts = accounts
        self._ignores = ignores

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.UserGet: self.get,
            commands.IgnoreSet: self.ignore,
            commands.IgnoreList: self.ignored,
        }

    async def get(self, _call: Call, command: commands.UserGet) -> UserResult:
        """Read a user's card, the one place where others see a bio."""
        stored = await self._accounts.by_id(command.user)
        if stored is None or not await self._accounts.users([command.user]):
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a user, got {command.user!r}", field="user")
        return UserResult(user=stored.to_user(with_bio=True))

    async def ignore(self, call: Call, command: commands.IgnoreSet) -> Empty:
        """Ignore a user, or hear them again; a guest's page remembers that by itself."""
        if call.user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
        if command.user == call.user.id:
            raise Rejected(ErrorCode.BAD_PARAMS, "expected somebody else", field="user")
        if not command.on:
            await self._ignores.remove(call.user.id, command.user)
            return Empty()
        if await self._accounts.by_id(command.user) is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a user, got {command.user!r}", field="user")
        await self._ignores.add(call.user.id, command.user)
        return Empty()

    async def ignored(self, call: Call, _command: commands.IgnoreList) -> IgnoredResult:
        """List whom the caller ignores."""
        return IgnoredResult(users=await self._ignores.list(call.user.id))
