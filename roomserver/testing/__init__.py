"""
A real server for tests of bots and clients: in this process, on a free port, with a clock set by hand.

With the extra ``roomserver[testing]`` installed, pytest finds the fixture ``room_server`` by
itself::

    async def test_ping(room_server: RoomServer) -> None:
        ann = await room_server.user("ann")
        await ann.join("lobby")
        async with bot.running(room_server.url, await room_server.bot("robo", "chat.read", "chat.write")):
            await ann.chat("!ping")
            assert (await ann.hears()).text == "@ann pong"

What differs from a server of its own: hashing passwords costs nothing, rates are out of the
way unless asked for, silence does not end connections, and everything is gone afterwards.
What the server tells in batches, as who came and how many woots there are, is told when time
passes: ``await room_server.advance(1)``.
"""

from __future__ import annotations

from roomserver.testing.clock import ManualClock
from roomserver.testing.server import RoomServer
from roomserver.testing.visitor import Visitor
from roomserver.testing.wire import Refused

__all__ = ["ManualClock", "Refused", "RoomServer", "Visitor"]
