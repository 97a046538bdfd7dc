"""From room to room, and the server gone in between, in real Chromium: nothing acts in the wrong place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from protocol.limits import CHAT_REPLAY_MS, MINUTE_MS
from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

EARLIER = "Show earlier messages"

_CUT_OFF = """
() => {
  const real = WebSocket;
  window.reconnect = () => { window.WebSocket = real; roomserver.wake(); };
  window.WebSocket = function () { return new real(location.origin.replace("http", "ws") + "/nowhere"); };
  roomserver.socket.abort();
}
"""


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a server that may be killed."""
    with ServerProcess(tmp_path / "data") as process:
        yield process


def test_what_belongs_to_a_room_stays_there(server: ServerProcess, browser: Browser) -> None:
    """Back closes a room's dialogs, with nothing sent or claimed; a draft waits in its room."""
    with Company(server.url) as company:
        owner = company.account("rhoda")
        for name in ("Here", "There"):
            owner.call(commands.RoomCreate(name=name, slug=name.lower(), description=f"This is {name}"))
        visitor = Visitor(browser, token=owner.token)
        visitor.page.goto(server.url)
        _walk_to(visitor, "Here")
        visitor.say("anybody?")
        visitor.page.get_by_test_id("chat-log").get_by_text("anybody?").hover()
        visitor.click("message-answer")
        visitor.fill("chat-input", "meant for Here")
        visitor.page.go_back()
        _walk_to(visitor, "There")
        expect(visitor.page.get_by_test_id("chat-input")).to_have_value("")
        visitor.misses("chat-answering")

        visitor.click("settings-open")
        visitor.fill("settings-description", "changed")
        visitor.page.go_back()
        expect(visitor.page.locator("dialog[open]")).to_have_count(0)
        expect(visitor.page.get_by_text("The settings are saved.")).to_have_count(0)
        for opener in ("history-open", "staff-open", "settings-open"):
            visitor.page.go_forward()
            visitor.click(opener)
            expect(visitor.page.locator("dialog[open]")).to_have_count(1)
            visitor.page.go_back()
            expect(visitor.page.locator("dialog[open]")).to_have_count(0)

        _walk_to(visitor, "Here")
        expect(visitor.page.get_by_test_id("chat-input")).to_have_value("meant for Here")
        visitor.sees("chat-answering", "anybody?")
        said = visitor.page.evaluate("roomserver.room.state.snapshot.room.description")
        assert said == "This is Here"
        visitor.page.evaluate("roomserver.request('playlist.create', {name: 'Evergreens'}).then(() => null)")
        _comes_with_the_connection(visitor, "playlist-open", "Evergreens")
        _comes_with_the_connection(visitor, "history-open", "Nothing was played here yet.")
        _comes_with_the_connection(visitor, "staff-open", "Nobody is muted.")
        assert visitor.problems == []
        visitor.leave()


def _walk_to(visitor: Visitor, name: str) -> None:
    """Enter a room from the lobby, inside the page."""
    visitor.page.locator(".card", has=visitor.page.get_by_text(name, exact=True)).click()
    expect(visitor.page.get_by_test_id("room-title")).to_have_text(name, timeout=PATIENCE_MS)


def _comes_with_the_connection(visitor: Visitor, opener: str, text: str) -> None:
    """What is opened while the connection is away says so, and is read once it is back."""
    visitor.page.evaluate(_CUT_OFF)
    visitor.click(opener)
    dialog = visitor.page.locator("dialog[open]")
    expect(dialog.get_by_text("Not connected.")).to_be_visible(timeout=PATIENCE_MS)
    visitor.page.evaluate("reconnect()")
    expect(dialog.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)
    expect(dialog.get_by_text("Not connected.")).to_have_count(0)
    visitor.close_dialog()


def test_coming_back_after_the_server_was_away(
    fragile: ServerProcess, browser: Browser, tmp_path: Path
) -> None:
    """A dialog that could not be fetched says so and opens at the next press; old talk stands in for new."""
    with Company(fragile.url) as company:
        owner = company.account("rufus")
        owner.call(commands.RoomCreate(name="Calm", slug="calm"))
        owner.join("calm")
        newcomer = Visitor(browser)
        newcomer.enter(fragile.url, "calm")
        newcomer.is_inside()
        assert newcomer.page.get_by_role("button", name=EARLIER).count() == 0, "nothing was ever said"
        for text in ("good night", "sleep well"):
            owner.say("calm", text)
        newcomer.reads("sleep well")
        newcomer.click("history-open")
        newcomer.close_dialog()
    newcomer.leave()

    visitor = Visitor(browser, token=owner.token)
    visitor.enter(fragile.url, "calm")
    visitor.is_inside()
    fragile.kill()
    visitor.click("history-open")
    expect(visitor.page.get_by_text("could not be loaded. Try again")).to_be_visible(timeout=PATIENCE_MS)
    _age_chat(tmp_path / "data")
    fragile.start()
    visitor.click("history-open")
    expect(visitor.page.get_by_text("Nothing was played here yet.")).to_be_visible(timeout=PATIENCE_MS)
    visitor.close_dialog()

    visitor.page.reload()
    visitor.is_inside()
    visitor.reads("good night")
    expect(visitor.page.get_by_role("button", name=EARLIER)).to_have_count(0)
    assert visitor.problems == []
    visitor.leave()


def _age_chat(data: Path) -> None:
    """Make what was said older than what somebody who enters is told; the server does not run."""
    file = next(data.glob("*.db"))
    with closing(sqlite3.connect(file)) as connection, connection:
        aged = connection.execute(
            "UPDATE events SET at_ms = at_ms - ? WHERE category = 'chat'", (CHAT_REPLAY_MS + MINUTE_MS,)
        )
        assert aged.rowcount == 2
