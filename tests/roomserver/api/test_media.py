"""Resolving links, over a real connection."""

from __future__ import annotations

from protocol import commands
from protocol.errors import ErrorCode
from protocol.results import ResolveResult
from protocol.values import ResolvedMedia
from roomserver.api.media import MediaMethods
from roomserver.resolver import Resolver
from tests.support.world import World, assert_refused


class Known:
    """A resolver that knows one link."""

    async def resolve(self, url: str) -> ResolvedMedia:
        """Answer."""
        return ResolvedMedia(source="youtube", source_id="dQw4w9WgXcQ", title=url)


async def test_off(world: World) -> None:
    """A server without a resolver says so."""
    anna = await world.user("anna")
    command = commands.MediaResolve(url="https://youtu.be/dQw4w9WgXcQ")
    await assert_refused(anna, command, ErrorCode.NOT_FOUND, "the server does not resolve links")


async def test_resolve(world: World) -> None:
    """What the resolver finds is the answer, an unknown length left out; guests are refused."""
    resolver: Resolver = Known()
    handlers = MediaMethods(resolver).handlers()
    world.server.dispatcher._handlers = {**world.server.dispatcher._handlers, **handlers}
    anna, guest = await world.user("anna"), await world.guest()
    command = commands.MediaResolve(url="https://youtu.be/dQw4w9WgXcQ")
    result: ResolveResult = await anna.call(command)
    assert result.media == ResolvedMedia(
        source="youtube", source_id="dQw4w9WgXcQ", title="https://youtu.be/dQw4w9WgXcQ"
    )
    await assert_refused(guest, command, ErrorCode.FORBIDDEN, "expected a user, got a guest")
