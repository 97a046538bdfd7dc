"""A server of its own process, with a room in which one DJ plays track after track."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from client_demo.sdk import Client
from protocol import commands
from protocol.commands import Birth
from protocol.results import PlaylistResult
from protocol.values import Media

REPOSITORY = Path(__file__).parents[2]
ROOM = "sync"
PASSWORD = "correct horse battery"
ADULT = Birth(year=1990, month=5, day=17)
SAMPLE_RATE = 8000


class Arena:
    """A running server on fresh data. Use as ``async with``."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: asyncio.subprocess.Process

    @property
    def http(self) -> str:
        """The server's address for browsers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """The server's address for clients."""
        return f"ws://127.0.0.1:{self.port}/ws"

    async def __aenter__(self) -> Self:
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "ROOMSERVER_AUTH__ARGON2_TIME_COST": "1",
            "ROOMSERVER_LOG__LEVEL": "error",
        }
        command = [sys.executable, "-m", "roomserver", "serve"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe)
        assert self._process.stdout is not None, "asked for a pipe"
        said = await self._process.stdout.readline()
        assert self.http.encode() in said, f"the server said {said!r}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.communicate()


def track(number: int, seconds: float) -> Media:
    """Return a media of its own, which need not exist: virtual players load nothing."""
    duration_ms = round(seconds * 1000)
    return Media(
        source="direct",
        source_id=f"/media/sync-{number}.wav",
        title=f"Track {number}",
        duration_ms=duration_ms,
    )


def write_track(folder: Path, media: Media) -> None:
    """Write the file of a track: a quiet click each second, for real browsers."""
    seconds = media.duration_ms / 1000
    second = bytes([140] * 40 + [128] * (SAMPLE_RATE - 40))
    with wave.open(str(folder / Path(media.source_id).name), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((second * (int(seconds) + 2))[: round(seconds * SAMPLE_RATE)])


@asynccontextmanager
async def dj(
    arena: Arena, tracks: Sequence[Media], note: Callable[[Any], None] = lambda _: None
) -> AsyncIterator[Client]:
    """Open the room, and have somebody play these tracks in it, round and round; ``note`` gets its events."""
    async with Client(arena.ws) as client:
        await client.register("dj", PASSWORD, ADULT)
        await client.call(commands.RoomCreate(name="Sync", slug=ROOM))
        await client.join(ROOM)
        await client.call(commands.WaitlistCycle(room=ROOM, on=True))
        made: PlaylistResult = await client.call(commands.PlaylistCreate(name="Tracks"))
        insert = commands.PlaylistInsert(playlist_id=made.playlist.id, items=list(tracks), at="end")
        await client.call(insert)
        await client.call(commands.PlaylistActivate(playlist_id=made.playlist.id))
        await client.call(commands.WaitlistJoin(room=ROOM))
        hearing = asyncio.create_task(_hear(client, note))
        yield client
        hearing.cancel()


async def _hear(client: Client, note: Callable[[Any], None]) -> None:
    async for event in client.events():
        note(event)


async def skip(client: Client) -> None:
    """Skip what plays."""
    view = await client.join(ROOM)
    play = view.snapshot.booth.play
    assert play is not None, "the DJ plays"
    await client.call(commands.BoothSkip(room=ROOM, play_id=play.id))
