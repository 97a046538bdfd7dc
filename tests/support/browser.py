"""A server in a process of its own, and people with real Chromium pages."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, Page, expect

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "client_demo" / "web" / "dist" / "index.html"
AXE = REPOSITORY / "client_demo" / "node_modules" / "axe-core" / "axe.min.js"
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
TESTS_ONLY = {"ROOMSERVER_AUTH__ARGON2_TIME_COST": "1"}
"""Cheap passwords: what they cost is not what these tests are about."""

_COUNT_VIOLATIONS = """
window.__violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""

_RUN_AXE = """
async (runOnly) => {
  // Colours half-way from one state to the next are not what people read.
  for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
  return (await axe.run(document, {runOnly, resultTypes: ["violations"]})).violations;
}
"""


class ServerProcess:
    """A server of its own process, which can be killed and started again on its data."""

    def __init__(self, data: Path, environment: Mapping[str, str] = TESTS_ONLY) -> None:
        self._data = data
        self._environment = environment
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def administer(self, *command: str) -> None:
        """Run one of the operator's commands on the running server."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(self._environment)
        arguments = [sys.executable, "-m", "roomserver", *command, "--data", str(self._data)]
        subprocess.run(arguments, env=environment, check=True, capture_output=True)

    def start(self) -> None:
        """Start, and return when it answers."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)} | dict(self._environment)
        flags = ["--port", str(self.port), "--data", str(self._data)]
        command = [sys.executable, "-m", "roomserver", "serve", *flags]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None, "asked for a pipe"
        said = self._process.stdout.readline()
        assert self.url.encode() in said, f"the server said {said!r}"

    def command(self, *words: str) -> None:
        """Run one of the operator's commands on the server's data while it runs."""
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
        line = [sys.executable, "-m", "roomserver", *words, "--data", str(self._data)]
        subprocess.run(line, env=environment, stdout=subprocess.DEVNULL, check=True)

    def reload(self) -> None:
        """Let it read its settings again, the policy among them."""
        assert self._process is not None, "only a server that runs reads anything"
        self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Visitor:
    """
    A person with a page, who points at things by their test id.

    ``token`` is the session that the page goes on with, as if its owner came back to it.
    ``problems`` are uncaught errors and whatever the content security policy refused.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        token: str | None = None,
        size: tuple[int, int] = (1280, 800),
        scheme: str = "dark",
    ) -> None:
        width, height = size
        options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        self.context = browser.new_context(**options)
        self.context.add_init_script(_COUNT_VIOLATIONS)
        if token is not None:
            self.context.add_init_script(f"localStorage.setItem('roomserver.token', {json.dumps(token)})")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self._errors: list[str] = []
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))

    @property
    def problems(self) -> list[str]:
        """What went wrong on the page so far."""
        violations: list[str] = self.page.evaluate("window.__violations ?? []")
        return self._errors + violations

    def click(self, name: str) -> None:
        """Click on something."""
        self.page.get_by_test_id(name).click()

    def fill(self, name: str, text: str) -> None:
        """Write into a field."""
        self.page.get_by_test_id(name).fill(text)

    def sees(self, name: str, text: str) -> None:
        """Wait until something holds a text."""
        expect(self.page.get_by_test_id(name)).to_contain_text(text, timeout=PATIENCE_MS)

    def misses(self, name: str) -> None:
        """Wait until something is not there."""
        expect(self.page.get_by_test_id(name)).to_have_count(0, timeout=PATIENCE_MS)

    def enter(self, url: str, room: str = "lobby") -> None:
        """Open a room."""
        self.page.goto(f"{url}/r/{room}")

    def is_inside(self) -> None:
        """Wait until the room is there."""
        expect(self.page.get_by_test_id("room-title")).to_be_visible(timeout=PATIENCE_MS)

    def hears(self, play_id: str | None = None) -> None:
        """Wait until the player plays."""
        wanted = "[data-testid=player][data-playing=true]"
        if play_id is not None:
            wanted += f'[data-play-id="{play_id}"]'
        self.page.wait_for_selector(wanted, state="attached")

    def player(self, name: str) -> str:
        """Return an attribute of the player."""
        value = self.page.get_by_test_id("player").get_attribute(f"data-{name}")
        assert value is not None, f"the player has no data-{name}"
        return value

    def register(self, name: str, country: str = "") -> None:
        """Make an account through the dialog; without a country, none is said."""
        self.click("sign-in")
        self.click("tab-register")
        self.fill("register-name", name)
        self.fill("register-password", PASSWORD)
        for part, value in (("day", "1"), ("month", "2"), ("year", "1990")):
            self.page.get_by_test_id(f"register-{part}").select_option(value)
        self.page.get_by_test_id("register-country").select_option(country)
        self.page.get_by_test_id("register-accept").check()
        self.click("register-submit")
        self.sees("user-name", name)

    def add_track(self, url: str) -> None:
        """Add a file to the own playlist, making one if need be."""
        self.click("playlist-open")
        self.fill("playlist-add-url", url)
        expect(self.page.get_by_test_id("playlist-add-submit")).to_be_enabled(timeout=PATIENCE_MS)
        self.click("playlist-add-submit")
        expect(self.page.get_by_test_id("playlist-items").locator("li")).to_have_count(1, timeout=PATIENCE_MS)
        self.close_dialog()

    def close_dialog(self) -> None:
        """Close what is open, as the Escape key does; it may be still on its way."""
        expect(self.page.locator("dialog[open]").first).to_be_visible(timeout=PATIENCE_MS)
        self.page.keyboard.press("Escape")
        expect(self.page.locator("dialog[open]")).to_have_count(0, timeout=PATIENCE_MS)

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

    def barriers(self, rules: Sequence[str] = ()) -> list[str]:
        """
        Return what axe-core finds serious or worse on the page as it is, as sentences.

        All its rules for WCAG 2.2 A and AA are asked, or only those named.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        wanted: object = {"type": "rule", "values": list(rules)}
        if not rules:
            wanted = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found: list[dict[str, Any]] = self.page.evaluate(_RUN_AXE, wanted)
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found
            if violation["impact"] in {"serious", "critical"}
            for node in violation["nodes"]
        ]

    def leave(self) -> None:
        """Close the page."""
        self.context.close()
