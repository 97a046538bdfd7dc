"""Two people in real Chromium, against a real server process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "client_demo" / "web" / "dist" / "index.html"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 15_000
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.browser


class ServerProcess:
    """A server of its own process, which can be killed and started again on its data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and return when it answers."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "ROOMSERVER_AUTH__ARGON2_TIME_COST": "1"}
        command = [
            sys.executable,
            "-m",
            "roomserver",
            "serve",
            "--port",
            str(self.port),
            "--data",
            str(self._data),
        ]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None, "asked for a pipe"
        said = self._process.stdout.readline()
        assert self.url.encode() in said, f"the server said {said!r}"

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a running server on fresh data."""
    if not PAGE.is_file():
        pytest.fail("the web client is not built: run `make web`")
    process = ServerProcess(tmp_path / "data")
    process.start()
    yield process
    process.kill()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Return Chromium; where it is missing, CI fails and others are told loudly."""
    if CHROMIUM is None:
        if os.environ.get("ROOMSERVER_REQUIRE_BROWSER") or os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not go without the browser test")
        pytest.skip("NO BROWSER: Chromium is not installed, so the page was NOT tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """A person with a page, who points at things by their test id."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.problems.append(message.text) if "Content Security" in message.text else None
            ),
        )

    def click(self, name: str) -> None:
        """Click on something."""
        self.page.get_by_test_id(name).click(timeout=PATIENCE_MS)

    def fill(self, name: str, text: str) -> None:
        """Write into a field."""
        self.page.get_by_test_id(name).fill(text, timeout=PATIENCE_MS)

    def enter(self, url: str) -> None:
        """Open the lobby's room."""
        self.page.goto(f"{url}/r/lobby")

    def hears(self, play_id: str | None = None) -> None:
        """Wait until the player plays."""
        wanted = "[data-testid=player][data-playing=true]"
        if play_id is not None:
            wanted += f'[data-play-id="{play_id}"]'
        self.page.wait_for_selector(wanted, state="attached", timeout=PATIENCE_MS)

    def player(self, name: str) -> str:
        """Return an attribute of the player."""
        value = self.page.get_by_test_id("player").get_attribute(f"data-{name}")
        assert value is not None, f"the player has no data-{name}"
        return value

    def register(self, name: str) -> None:
        """Make an account through the dialog."""
        self.click("sign-in")
        self.click("tab-register")
        self.fill("register-name", name)
        self.fill("register-password", PASSWORD)
        for part, value in (("day", "1"), ("month", "2"), ("year", "1990")):
            self.page.get_by_test_id(f"register-{part}").select_option(value)
        self.page.get_by_test_id("register-accept").check()
        self.click("register-submit")
        expect(self.page.get_by_test_id("user-name")).to_contain_text(name, timeout=PATIENCE_MS)

    def add_track(self, url: str) -> None:
        """Add a file to the own playlist, making one if need be."""
        self.click("playlist-open")
        self.fill("playlist-add-url", url)
        expect(self.page.get_by_test_id("playlist-add-submit")).to_be_enabled(timeout=PATIENCE_MS)
        self.click("playlist-add-submit")
        expect(self.page.get_by_test_id("playlist-items").locator("li")).to_have_count(1, timeout=PATIENCE_MS)
        self.page.keyboard.press("Escape")

    def say(self, text: str) -> None:
        """Say something in chat."""
        self.fill("chat-input", text)
        self.click("chat-send")
        self.reads(text)

    def reads(self, text: str, times: int = 1) -> None:
        """Wait until the chat holds a text so many times."""
        log = self.page.get_by_test_id("chat-log")
        expect(log.get_by_text(text, exact=True)).to_have_count(times, timeout=PATIENCE_MS)

    def is_online(self) -> None:
        """Wait until the page says it is connected."""
        state = self.page.get_by_test_id("connection-state")
        expect(state).to_have_attribute("data-state", "online", timeout=2 * PATIENCE_MS)


def test_an_evening(server: ServerProcess, browser: Browser) -> None:
    """
    Music plays for a guest; a newcomer registers, takes a turn, is wooted and talked to;
    both hear the same moment; a crash of the server costs nobody anything.
    """
    guest, dj = Visitor(browser), Visitor(browser)
    _enter_and_listen(server, guest)
    dj.enter(server.url)
    dj.register("vera")
    _take_a_turn(server, dj, guest)
    _woot_and_chat(dj, guest)
    _same_moment(dj, guest)
    _survive_a_crash(server, dj, guest)
    assert guest.problems == []
    assert dj.problems == []


def _enter_and_listen(server: ServerProcess, guest: Visitor) -> None:
    began = time.monotonic()
    guest.enter(server.url)
    guest.hears()
    print(f"a guest hears music {time.monotonic() - began:.2f} s after opening the page")
    expect(guest.page.get_by_test_id("room-title")).to_have_text("Lobby")
    expect(guest.page.get_by_test_id("notice")).to_contain_text("records")


def _take_a_turn(server: ServerProcess, dj: Visitor, guest: Visitor) -> None:
    dj.add_track(f"{server.url}/media/night-bus.wav")
    before = guest.player("play-id")
    dj.click("waitlist-join")
    for visitor in (dj, guest):
        expect(visitor.page.get_by_test_id("dj-name")).to_contain_text("vera", timeout=PATIENCE_MS)
    guest.page.wait_for_selector(
        f'[data-testid=player][data-playing=true]:not([data-play-id="{before}"])',
        state="attached",
        timeout=PATIENCE_MS,
    )


def _woot_and_chat(dj: Visitor, guest: Visitor) -> None:
    guest.register("otto")
    expect(guest.page.get_by_test_id("dj-name")).to_contain_text("vera", timeout=PATIENCE_MS)
    guest.click("woot")
    for visitor in (dj, guest):
        expect(visitor.page.get_by_test_id("woot-count")).to_have_text("1", timeout=PATIENCE_MS)
    expect(guest.page.get_by_test_id("woot")).to_have_attribute("aria-pressed", "true")
    guest.say("what a tune <b>really</b>")
    dj.reads("what a tune <b>really</b>")
    dj.say("thank you")
    guest.reads("thank you")


def _same_moment(dj: Visitor, guest: Visitor) -> None:
    play_id = dj.player("play-id")
    dj.hears(play_id)
    guest.hears(play_id)
    one, other = (int(float(visitor.player("position-ms"))) for visitor in (dj, guest))
    print(f"positions {one} and {other} ms")
    assert abs(one - other) < 1000, "both pages hear the same second"


def _survive_a_crash(server: ServerProcess, dj: Visitor, guest: Visitor) -> None:
    play_id = dj.player("play-id")
    server.kill()
    server.start()
    for visitor in (dj, guest):
        visitor.is_online()
        visitor.hears(play_id)
    dj.say("still here")
    guest.reads("still here")
    for visitor in (dj, guest):
        visitor.reads("what a tune <b>really</b>")
        visitor.reads("thank you")
        visitor.reads("still here")
