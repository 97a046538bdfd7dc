"""Greets whoever enters, once, and says what a play was worth when it is over."""

import asyncio
import sys

from client_demo.sdk import Client
from protocol.events import PlayStarted, RoomMembers


async def main(url: str, room_slug: str) -> None:
    """Greet until the server stops for good."""
    async with Client(url) as client:
        session = await client.guest()
        room = await client.join(room_slug)
        greeted = {session.user.id, *room.members}
        async for event in client.events():
            match event:
                case RoomMembers(joined=joined):
                    for member in joined:
                        if member.user.id not in greeted:
                            greeted.add(member.user.id)
                            await client.chat(room.id, f"welcome, {member.user.name}!")
                case PlayStarted(previous=previous) if previous is not None:
                    await client.chat(room.id, f"that was worth {previous.woots} woots")


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or ["ws://127.0.0.1:8080/ws", "lobby"])))
