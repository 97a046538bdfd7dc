"""Method ``media.resolve``."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.results import ResolveResult
from protocol.roles import Role
from roomserver.api.dispatch import Call, Handler
from roomserver.resolver import Resolver


class MediaMethods:
    """Finding out about links."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {commands.MediaResolve: self.resolve}

    async def resolve(self, call: Call, command: commands.MediaResolve) -> ResolveResult:
        """Look at a link; guests, who never play anything, have no use for it."""
        if call.user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
        return ResolveResult(media=await self._resolver.resolve(command.url))
