"""A bot without an SDK: websockets and msgpack, and nothing of this project."""

import asyncio
import sys

import msgpack
from websockets import Subprotocol
from websockets.asyncio.client import connect


async def main(url: str, token: str, room: str) -> None:
    """Answer ``!ping`` until the connection ends."""
    async with connect(url, subprotocols=[Subprotocol("roomserver.v1")], compression=None) as socket:

        async def ask(ident: int, method: str, **params: str) -> None:
            await socket.send(msgpack.packb([0, ident, method, params]))

        await ask(1, "session.resume", token=token)
        await ask(2, "room.join", room=room)
        async for data in socket:
            unpacker = msgpack.Unpacker()
            unpacker.feed(data)
            for value in unpacker:
                if value[:2] == [2, "chat.message"] and value[2]["text"] == "!ping":
                    await ask(3, "chat.send", room=room, text=f"pong, {value[2]['user']['name']}")


asyncio.run(main(*sys.argv[1:]))
