"""What people write is text: markup and script in every field that holds text stay what they are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from protocol.values import Media
from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company, Someone

pytestmark = pytest.mark.browser

ROOM = "lab"
HOOK = "<img src=x onerror=window.hacked=1><script>hacked=1</script>"
"""Runs where it is taken for markup, by either of two ways."""
BREAKOUT = "'\"><svg onload=hacked=1>{{7*7}}${7*7}"
"""Ends an attribute, and what templates would evaluate."""
LINK = "javascript:hacked=1//https://x"
HARMLESS = "https://example.org/?q='\"><b>"


def test_nothing_that_people_write_runs(server: ServerProcess, browser: Browser) -> None:
    """In texts, chat, titles, lists, reasons, bio and log the words stand as they were written."""
    with Company(server.url) as crowd:
        host, guest = crowd.account("prof"), crowd.account("student")
        _write_everywhere(host, guest, server.url)
        page = Visitor(browser, token=host.token)
        page.enter(server.url, ROOM)
        page.is_inside()
        host.call(commands.ModMute(room=ROOM, user=guest.id, duration_ms=60_000, reason=HOOK))
        _read_the_room(page)
        _read_the_dialogs(page)
        page.page.goto(server.url)
        page.sees("room-list", HOOK)
        page.sees("room-list", BREAKOUT)

        assert page.page.evaluate("window.hacked") is None
        assert page.problems == []
        page.leave()


def _write_everywhere(host: Someone, guest: Someone, url: str) -> None:
    host.call(commands.RoomCreate(name=HOOK[:40], slug=ROOM, description=BREAKOUT))
    host.call(commands.AccountUpdate(bio=HOOK, avatar_url=f"{url}/{BREAKOUT.replace(' ', '')}"))
    for someone in (host, guest):
        someone.join(ROOM)
    host.call(commands.RoomUpdate(room=ROOM, name=HOOK, welcome=f"%u {HOOK}"))
    for text in (HOOK, BREAKOUT, LINK, HARMLESS):
        guest.say(ROOM, text)
    playlist = host.call(commands.PlaylistCreate(name=HOOK)).playlist
    song = Media(
        source="direct",
        source_id=f"{url}/media/first-light.wav",
        title=HOOK,
        artist=BREAKOUT,
        duration_ms=240_000,
    )
    host.call(commands.PlaylistInsert(playlist_id=playlist.id, items=[song]))
    guest.queue(ROOM, "night-bus.wav", BREAKOUT, HOOK)


def _read_the_room(page: Visitor) -> None:
    page.sees("room-title", HOOK)
    page.sees("now-playing", BREAKOUT)
    page.sees("member-line", HOOK)
    expect(page.page.locator(".welcome")).to_have_text(f"prof {HOOK}")
    page.reads(HOOK, times=2)  # the message, and the reason of the mute
    page.reads(BREAKOUT)
    page.reads(LINK)
    links = (
        page.page.get_by_test_id("chat-log").locator(".text a").evaluate_all("all => all.map(a => a.href)")
    )
    assert links == ["https://example.org/?q="], "a link is http, and ends where markup would begin"
    log = page.page.get_by_test_id("chat-log")
    log.get_by_text(BREAKOUT, exact=True).hover()
    page.click("message-answer")
    page.say(BREAKOUT[::-1])
    expect(log.locator(".quote")).to_contain_text(BREAKOUT, timeout=PATIENCE_MS)


def _read_the_dialogs(page: Visitor) -> None:
    page.page.get_by_test_id("user-list").get_by_text("prof").click()
    expect(page.page.locator(".bio")).to_have_text(HOOK, timeout=PATIENCE_MS)
    page.close_dialog()
    page.click("playlist-open")
    expect(page.page.locator(".list-button")).to_contain_text(HOOK, timeout=PATIENCE_MS)
    page.sees("playlist-items", BREAKOUT)
    page.close_dialog()
    page.click("staff-open")
    page.sees("sanction-list", HOOK)
    page.click("staff-log")
    page.sees("mod-log", HOOK)
    page.close_dialog()
    page.click("skip")
    page.fill("skip-reason", HOOK)
    page.click("skip-confirm")
    expect(page.page.get_by_test_id("chat-log").get_by_text("prof skipped")).to_contain_text(
        HOOK, timeout=PATIENCE_MS
    )
    page.click("history-open")
    page.sees("history-list", HOOK)
    page.sees("history-list", BREAKOUT)
    page.close_dialog()
