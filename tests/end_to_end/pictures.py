"""
Take the pictures of the documentation: a lively room and the lobby, in real Chromium.

``python -m tests.end_to_end.pictures`` fills a server of its own with people and writes
``docs/*.png``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from protocol import commands
from tests.support.browser import ARGUMENTS, CHROMIUM, REPOSITORY, TESTS_ONLY, ServerProcess, Visitor
from tests.support.company import Company, Someone

DOCS = REPOSITORY / "docs"
RATES = {f"ROOMSERVER_RATES__{name}": "10000/1" for name in ("AUTH", "CHAT", "VOTE", "JOIN")}
NAMES = [
    "mira",
    "otto.k",
    "Juno",
    "vera",
    "bassline",
    "Tomás",
    "ines",
    "kofi",
    "lea_b",
    "DJ_Pine",
    "quiet.cat",
    "Noor",
    "sam",
    "Yuki",
    "pavel",
    "Zoë",
    "hal",
    "rosa",
]
WAITING = (
    ("vera", "night-bus.wav", "Night Bus", "Marl & the Late Ones"),
    ("Juno", "first-light.wav", "First Light", "Cassette Garden"),
    ("lea_b", "paper-planes.wav", "Paper Kites", "Aster Row"),
    ("DJ_Pine", "first-light.wav", "Slow Harbour", "Cassette Garden"),
    ("sam", "night-bus.wav", "Late Again", "Marl & the Late Ones"),
)
SAID = (
    ("mira", "evening everyone"),
    ("kofi", "that bassline though"),
    ("Juno", "who has the next one? mine is only four minutes"),
    ("ines", "@vera this is lovely, where did you find it?"),
    ("vera", "an old sampler from a market stall"),
    ("vera", "no idea who made it :)"),
    ("Tomás", "grabbed"),
    ("lea_b", "first time here, how do I get on the list?"),
    ("otto.k", "@lea_b paste a link into your playlist, then press Join the waitlist"),
    ("lea_b", "thank you! done"),
    ("bassline", "🔥🔥"),
    ("Noor", "this one is going to be stuck in my head all week, and I am not even angry about it"),
    ("kofi", "same"),
)
WOOTS = ("mira", "kofi", "ines", "Tomás", "bassline", "Noor", "Zoë", "hal")
ROOMS = (
    ("Night Shift", "Slow things for late hours. Headphones welcome.", "hal", "paper-planes.wav", "Lantern"),
    ("Vinyl Only", "Crackle is not a bug.", "pavel", "first-light.wav", "Two Left Hands"),
)


class Picture(NamedTuple):
    """What a picture shows, and how large the window is."""

    name: str
    size: tuple[int, int]
    scheme: str
    path: str


PICTURES = (
    Picture("room", (1440, 900), "dark", "/r/lobby"),
    Picture("room-light", (1440, 900), "light", "/r/lobby"),
    Picture("phone", (390, 844), "dark", "/r/lobby"),
    Picture("lobby", (1280, 800), "light", "/"),
)


def _fill(company: Company) -> dict[str, Someone]:
    people = {name: company.account(name) for name in NAMES}
    for someone in people.values():
        someone.join("lobby")
    for _ in range(4):
        company.guest().join("lobby")
    for name, file, title, artist in WAITING:
        people[name].queue("lobby", file, title, artist)
    for name, text in SAID:
        people[name].say("lobby", text)
    for name in WOOTS:
        people[name].vote("lobby", 1)
    people["rosa"].vote("lobby", -1)
    for title, description, host, file, track in ROOMS:
        slug = title.lower().replace(" ", "-")
        people[host].call(commands.RoomCreate(name=title, slug=slug, description=description))
        people[host].join(slug)
        people[host].queue(slug, file, track, "Aster Row")
    return people


def _take(browser: Browser, url: str, token: str, picture: Picture) -> None:
    visitor = Visitor(browser, token=token, size=picture.size, scheme=picture.scheme)
    visitor.page.goto(url + picture.path)
    if picture.path != "/":
        visitor.hears()
        visitor.click("notice-dismiss")
        visitor.sees("sync-badge", "In sync")
        visitor.page.mouse.move(0, 0)
    visitor.page.wait_for_timeout(2500)
    visitor.page.screenshot(path=DOCS / f"{picture.name}.png")
    visitor.leave()


def main() -> None:
    """Fill a server and take all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data", TESTS_ONLY | RATES)
        server.start()
        try:
            with Company(server.url) as company, sync_playwright() as playwright:
                people = _fill(company)
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for picture in PICTURES:
                    _take(browser, server.url, people["quiet.cat"].token, picture)
                browser.close()
        finally:
            server.kill()


if __name__ == "__main__":
    main()
