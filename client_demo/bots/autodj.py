"""Takes a turn whenever nobody else does: queues the tracks it is given and steps down for people."""

import asyncio
import sys

from client_demo.sdk import Client, RequestError
from protocol import commands
from protocol.events import PlayStarted, PlayStopped, WaitlistChanged
from protocol.values import Media

TRACKS = [
    Media(source="direct", source_id="/media/night-bus.wav", title="Night Bus", duration_ms=45_714),
    Media(source="direct", source_id="/media/first-light.wav", title="First Light", duration_ms=39_996),
]


async def main(url: str, room_slug: str, name: str, password: str) -> None:
    """Play until the server stops for good."""
    async with Client(url) as client:
        me = (await client.login(name, password)).user
        playlists = (await client.call(commands.PlaylistList())).playlists
        if not playlists:
            playlists = [(await client.call(commands.PlaylistCreate(name="autodj"))).playlist]
        await client.call(commands.PlaylistInsert(playlist_id=playlists[0].id, items=TRACKS))
        room = await client.join(room_slug)
        await take_a_turn(client, room.id)
        async for event in client.events():
            match event:
                case WaitlistChanged(change="join", user=user) if user is not None and user.id != me.id:
                    if room.snapshot.booth.dj is not None and room.snapshot.booth.dj.id == me.id:
                        await client.call(commands.BoothLeave(room=room.id, after_play=True))
                case PlayStopped() | PlayStarted() if room.snapshot.booth.dj is None:
                    await take_a_turn(client, room.id)


async def take_a_turn(client: Client, room_id: str) -> None:
    """Join the waitlist unless somebody was faster."""
    try:
        await client.call(commands.WaitlistJoin(room=room_id))
    except RequestError as refused:
        print(f"not now: {refused}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
