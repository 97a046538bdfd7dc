"""Where every run begins: a folder with accounts, playlists and rooms, made by the server itself."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.simulation.people import Account, Tab, Template, song
from tests.simulation.world import ROOMS, World
from tests.support.server import ADULT, PASSWORD

RAMDISK = Path("/dev/shm")
USERS = 4


class Maker(World):
    """The world in which the template is made: one server, no bad luck."""

    def __init__(self, folder: Path) -> None:
        super().__init__("template", folder, None)
        self.accounts: list[Account] = []
        self.rooms: dict[str, str] = {}

    async def _live(self) -> None:
        self._is_calm = True
        await self.start()
        for number in range(USERS):
            tab = Tab(self, number, {}, "")
            tab.dice = random.Random(number)
            living = self.loop.create_task(tab.live())
            await tab.is_ready.wait()
            self.accounts.append(await self._account(tab, number))
            tab.stop()
            assert tab.link is not None
            tab.link.cut()
            await living
        await self._close()

    async def _account(self, tab: Tab, number: int) -> Account:
        """Register somebody with a playlist; the first ones make the rooms."""
        params: dict[str, Any] = {
            "username": f"user{number}",
            "password": PASSWORD,
            "birth": ADULT,
            "accept_policy": True,
        }
        session = await tab.ask("session.register", **params)
        playlist = (await tab.ask("playlist.create", name="mine"))["playlist"]["id"]
        items = [song(f"own-{number}-{index}", 5_000 + 1_000 * index) for index in range(3)]
        await tab.ask("playlist.insert", playlist_id=playlist, items=items, at="end")
        await tab.ask("playlist.activate", playlist_id=playlist)
        if number < len(ROOMS):
            slug = ROOMS[number]
            made = await tab.ask("room.create", name=slug, slug=slug)
            self.rooms[slug] = made["room"]["id"]
        return Account(session["user"], session["token"], playlist)


def make_template(folder: Path) -> Template:
    """Make the folder from which every run begins."""
    maker = Maker(folder)
    maker.witness.wrote = lambda *_: None  # type: ignore[method-assign]  # nothing is promised here
    maker.run()
    return Template(folder, maker.accounts, maker.rooms)


@contextmanager
def workshop() -> Iterator[Path]:
    """Lend a folder on the quickest disk there is."""
    with tempfile.TemporaryDirectory(dir=RAMDISK if RAMDISK.is_dir() else None) as folder:
        yield Path(folder)
