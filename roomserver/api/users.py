"""Method ``user.get``."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import UserResult
from roomserver.api.dispatch import Call, Handler
from storage.accounts import Accounts


class UserMethods:
    """What people may know of each other."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {commands.UserGet: self.get}

    async def get(self, _call: Call, command: commands.UserGet) -> UserResult:
        """Read a user's card, the one place where others see a bio."""
        stored = await self._accounts.by_id(command.user)
        if stored is None:
            raise Rejected(ErrorCode.NOT_FOUND, f"expected a user, got {command.user!r}", field="user")
        return UserResult(user=stored.to_user(with_bio=True))
