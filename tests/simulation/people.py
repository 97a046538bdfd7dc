"""The people of a run: tabs that come back, and what their users do all day."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from client_demo.sdk.rooms import RoomView
from protocol import SUBPROTOCOL, codec
from protocol.events import EVENTS, RoomEvent
from protocol.results import JoinResult
from tests.simulation.network import Link
from tests.simulation.witness import Asked
from tests.support.server import masked

if TYPE_CHECKING:
    from tests.simulation.world import World

PATIENCE_SECONDS = 15.0
"""A client gives a connection up when an answer takes longer."""
THINK_SECONDS = 0.5
SONG_MS = (2_000, 8_000)
HANDSHAKE = "\r\n".join(
    (
        "GET /ws HTTP/1.1", "Host: rooms.example", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", "", "",
    )
).encode()  # fmt: skip


class LostError(Exception):
    """The connection ended before the answer."""


class RefusedError(Exception):
    """The server refused."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.code: str = error["code"]
        self.temporary: bool = error["temporary"]


class Account(NamedTuple):
    """Somebody who registered before the run."""

    user: dict[str, Any]
    token: str
    playlist: str


class Template(NamedTuple):
    """A server's folder with accounts, playlists and rooms, from which every run begins."""

    folder: Path
    accounts: list[Account]
    rooms: dict[str, str]
    """Ids by slug."""


class Tab:
    """A client's connection, made again and again, with the rooms it is in."""

    def __init__(self, world: World, number: int, user: dict[str, Any], token: str) -> None:
        self._world = world
        self.number = number
        self.user = user
        self.token = token
        self.dice = random.Random(f"{world.seed}/tab/{number}")
        self.views: dict[str, RoomView] = {}
        """By slug."""
        self.link: Link | None = None
        self.is_ready = asyncio.Event()
        self._gone = asyncio.Event()
        self.resyncs = 0
        self._open: dict[int, tuple[asyncio.Future[Any], Callable[[Any], None] | None]] = {}
        self._last_id = 0
        self._over = False

    @property
    def user_id(self) -> str:
        """Whose tab this is."""
        ident: str = self.user["id"]
        return ident

    # The network's side

    def said(self, link: Link, values: list[codec.Response | codec.Notification]) -> None:
        """Take one message."""
        if link is not self.link:
            return  # given up already
        for value in values:
            if isinstance(value, codec.Response):
                future, take = self._open.pop(value.id, (None, None))
                if future is None or future.done():
                    continue
                if value.error is not None:
                    future.set_exception(RefusedError(value.error))
                else:
                    if take is not None:
                        take(value.result)
                    future.set_result(value.result)
            else:
                self._notified(value)

    def _notified(self, value: codec.Notification) -> None:
        if value.name == "resync":
            self.resyncs += 1
            self._world.spawn(self._catch_up(str(value.params["room"])))
            return
        shape = EVENTS.get(value.name)
        if shape is None:
            return
        event = codec.read(value.params, shape)
        view = self.views.get(self._world.slugs.get(getattr(event, "room", ""), ""))
        if view is not None and view.epoch:
            view.take(event)
            if isinstance(event, RoomEvent):
                self._world.reached(view)

    async def _catch_up(self, room: str) -> None:
        slug = self._world.slugs[room]
        if slug in self.views:
            self.views[slug].forget_position()
            with suppress(LostError):
                await self._join(slug)

    def cut(self, link: Link) -> None:
        """Note that a link is gone."""
        if link is not self.link:
            return
        self.link = None
        self._gone.set()
        self.is_ready.clear()
        pending, self._open = self._open, {}
        for future, _ in pending.values():
            if not future.done():
                future.set_exception(LostError)

    # Asking

    async def ask(self, method: str, take: Callable[[Any], None] | None = None, **params: Any) -> Any:
        """
        Ask once.

        Raises:
            LostError: there is no answer, and will be none.
            RefusedError: the server refused.

        """
        link = self.link
        if link is None:
            raise LostError
        self._last_id += 1
        ident = self._last_id
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[ident] = future, take
        link.asked[ident] = Asked(method, params, self.user.get("id", ""), len(self._world.witness.log))
        link.send(masked(codec.encode_value([0, ident, method, params])))
        try:
            return await asyncio.wait_for(future, PATIENCE_SECONDS)
        except TimeoutError:
            self.hang_up(link)
            raise LostError from None

    async def insist(self, method: str, **params: Any) -> Any:
        """Ask until there is an answer that will not change."""
        while True:
            await self.is_ready.wait()
            try:
                return await self.ask(method, **params)
            except LostError:
                continue
            except RefusedError as refused:
                # A rebuilt room is joined again by itself; until then nobody is in it.
                if not refused.temporary and refused.code != "not_in_room":
                    raise
                await asyncio.sleep(self.dice.uniform(0.2, 1.0))

    def hang_up(self, link: Link) -> None:
        """Give a link up, as a client that hears nothing does."""
        link.cut()
        self.cut(link)

    # Coming back

    async def live(self) -> None:
        """Connect, and connect again, until the end."""
        while not self._over:
            await asyncio.sleep(self.dice.uniform(0.05, 1.0))
            if not self._world.connect(self):
                continue
            link = self.link
            assert link is not None
            self._gone.clear()
            link.send(HANDSHAKE)
            try:
                await self._come_back()
            except LostError:
                continue
            except RefusedError as refused:
                if not refused.temporary:
                    raise
                self.hang_up(link)
                continue
            self.is_ready.set()
            await self._gone.wait()

    async def _come_back(self) -> None:
        if self.token:
            await self.ask("session.resume", token=self.token)
        for slug in list(self.views):
            await self._join(slug)

    async def join(self, slug: str) -> None:
        """Enter a room."""
        self.views.setdefault(slug, RoomView(slug))
        with suppress(LostError):
            await self._join(slug)

    async def _join(self, slug: str) -> None:
        view = self.views[slug]

        def take(result: Any) -> None:
            read = codec.read(result, JoinResult)
            if view.epoch:
                view.rejoined(read)
            else:
                view.joined(read)
            self._world.reached(view)

        params = codec.decode(codec.encode_value([view.rejoin_command()]), max_bytes=4096, nesting=8)
        [[wanted]] = params
        while slug in self.views:
            try:
                await self.ask("room.join", take, **{k: v for k, v in wanted.items() if v is not None})
            except RefusedError as refused:
                if not refused.temporary:
                    raise
                await asyncio.sleep(self.dice.uniform(0.2, 1.0))
            else:
                return

    def stop(self) -> None:
        """Come back no more."""
        self._over = True


class Person:
    """A user with one or two tabs in one room, and a day's work."""

    def __init__(self, tabs: list[Tab], slug: str, playlist: str, dice: random.Random) -> None:
        self.tabs = tabs
        self.slug = slug
        self._playlist = playlist
        self._dice = dice
        self._number = 0

    async def spend(self, until: float, now: Callable[[], float]) -> None:
        """Do one thing after the other until an instant; finish what was begun."""
        for tab in self.tabs:
            await tab.join(self.slug)
        deeds: list[tuple[Callable[[Tab], Awaitable[None]], int]] = [
            (self._speak, 8), (self._vote, 4), (self._queue, 4), (self._skip, 2), (self._keep, 2),
            (self._delete, 1), (self._wander, 1), (self._leave_booth, 1),
        ]  # fmt: skip
        while now() < until:
            await asyncio.sleep(self._dice.expovariate(1 / THINK_SECONDS))
            tab = self.tabs[0]
            if not tab.is_ready.is_set() or not tab.views[self.slug].epoch:
                continue
            [deed] = self._dice.choices([one for one, _ in deeds], [weight for _, weight in deeds])
            with suppress(LostError, RefusedError):
                await deed(tab)

    def _view(self, tab: Tab) -> RoomView:
        return tab.views[self.slug]

    async def _speak(self, tab: Tab) -> None:
        self._number += 1
        nonce = f"{tab.number}-{self._number}"
        await tab.insist("chat.send", room=self._view(tab).id, text=f"message {nonce}", nonce=nonce)

    async def _vote(self, tab: Tab) -> None:
        play = self._view(tab).snapshot.booth.play
        if play is not None:
            witness = tab._world.witness
            key = (play.id, tab.user_id)
            if key in witness.votes:
                witness.votes[key] = None  # in doubt until the answer
            value = self._dice.choice([1, -1, 0])
            await tab.ask("vote.cast", room=self._view(tab).id, play_id=play.id, value=value)

    async def _queue(self, tab: Tab) -> None:
        self._number += 1
        room = self._view(tab).id
        if self._dice.random() < 0.4:
            await tab.ask("waitlist.join", room=room, playlist_id=self._playlist)
        else:
            media = song(f"{tab.number}-{self._number}", self._dice.randrange(*SONG_MS))
            await tab.ask("waitlist.join", room=room, media=media)

    async def _skip(self, tab: Tab) -> None:
        play = self._view(tab).snapshot.booth.play
        if play is not None:
            tab._world.witness.skips_wanted[play.id] = tab.user_id
            await tab.insist("booth.skip", room=self._view(tab).id, play_id=play.id)

    async def _leave_booth(self, tab: Tab) -> None:
        await tab.ask("booth.leave", room=self._view(tab).id, after_play=self._dice.random() < 0.5)

    async def _keep(self, tab: Tab) -> None:
        self._number += 1
        items = [song(f"kept-{tab.number}-{self._number}", 60_000)]
        await tab.insist("playlist.insert", playlist_id=self._playlist, items=items, at="end")

    async def _delete(self, tab: Tab) -> None:
        mine = [one for one in self._view(tab).snapshot.chat if one.user.id == tab.user_id]
        if mine:
            await tab.ask("chat.delete", room=self._view(tab).id, id=self._dice.choice(mine).id)

    async def _wander(self, tab: Tab) -> None:
        view = tab.views.pop(self.slug)
        try:
            await tab.ask("room.leave", room=view.id)
        finally:
            await tab.join(self.slug)


def song(name: str, duration_ms: int) -> dict[str, Any]:
    """Return media to play."""
    return {"source": "direct", "source_id": f"/media/{name}.ogg", "title": name, "duration_ms": duration_ms}
