"""People on the wire, in a thread of their own: for tests whose thread drives a browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from client_demo.sdk import Client
from protocol import commands
from protocol.commands import Command
from protocol.values import Media
from tests.support.browser import PASSWORD

_T = TypeVar("_T")

PATIENCE_SECONDS = 15.0


class Company:
    """
    The others in a room.

    ``with Company(url) as crowd: ann = crowd.account("ann"); ann.join("lobby"); ann.say("hello")``
    """

    def __init__(self, url: str) -> None:
        self.base = url
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="company", daemon=True)
        self._people: list[Someone] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(someone.client.close() for someone in self._people))

    def run(self, work: Coroutine[Any, Any, _T], patience: float = PATIENCE_SECONDS) -> _T:
        """Do something in the crowd's thread and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(patience)

    def account(self, name: str) -> Someone:
        """Let somebody register."""
        return self.run(self._enter(name, account=True))

    def guest(self) -> Someone:
        """Let a guest in."""
        return self.run(self._enter("", account=False))

    async def _enter(self, name: str, *, account: bool) -> Someone:
        client = Client(self.base.replace("http", "ws", 1) + "/ws")
        await client.__aenter__()
        if account:
            await client.register(name, PASSWORD, commands.Birth(year=1990, month=5, day=17))
        else:
            await client.guest()
        someone = Someone(self, client)
        self._people.append(someone)
        return someone


class Someone:
    """One of the crowd."""

    def __init__(self, crowd: Company, client: Client) -> None:
        self._crowd = crowd
        self.client = client

    @property
    def token(self) -> str:
        """The session, with which a page can go on."""
        assert self.client.session is not None, "whoever is here has a session"
        return self.client.session.token

    @property
    def id(self) -> str:
        """The user's id."""
        assert self.client.session is not None, "whoever is here has a session"
        return self.client.session.user.id

    def call(self, command: Command) -> Any:
        """Send a command and return its result."""
        return self._crowd.run(self.client.call(command))

    def join(self, room: str) -> None:
        """Enter a room."""
        self._crowd.run(self.client.join(room))

    def say(self, room: str, text: str) -> None:
        """Say something."""
        self.call(commands.ChatSend(room=room, text=text))

    def queue(self, room: str, file: str, title: str, artist: str | None = None, ms: int = 240_000) -> None:
        """Join the waitlist with one of the server's demo tracks under another title."""
        url = f"{self._crowd.base}/media/{file}"
        media = Media(source="direct", source_id=url, title=title, artist=artist, duration_ms=ms)
        self.call(commands.WaitlistJoin(room=room, media=media))

    def vote(self, room: str, value: Literal[1, 0, -1]) -> None:
        """Vote on what plays."""
        view = next(view for view in self.client.rooms.values() if room in {view.id, view.snapshot.room.slug})
        play = view.snapshot.booth.play
        assert play is not None, "something plays"
        self.call(commands.VoteCast(room=room, play_id=play.id, value=value))
