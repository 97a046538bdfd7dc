"""Two people in real Chromium, against a real server process: music, turns, talk, a crash."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor

pytestmark = pytest.mark.browser


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
