"""Reading back in real Chromium, from the newest line to the beginning of the room's log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from protocol import commands
from tests.support.browser import PATIENCE_MS, TESTS_ONLY, ServerProcess, Visitor
from tests.support.company import Company, Someone

pytestmark = pytest.mark.browser

ROOM = "archive"
SAID_BEFORE = 230
"""More than a page of the history, most of it out of what somebody who enters is told."""
SAID_MEANWHILE = 320
"""With what was said before more than the page draws, and more than the client keeps by itself."""

_SHOWS_MORE = """
(log, shown) => new Promise((done) => {
  const late = setTimeout(done, 5000);
  const look = () => {
    const count = log.querySelectorAll("[data-key]").length;
    if (count > shown || !log.querySelector(".older")) done(clearTimeout(late));
    else requestAnimationFrame(look);
  };
  look();
})
"""


@pytest.fixture
def talkative(tmp_path: Path) -> Iterator[ServerProcess]:
    """Return a server where people may talk as fast as they like."""
    with ServerProcess(tmp_path / "data", TESTS_ONLY | {"ROOMSERVER_RATES__CHAT": "9999/1"}) as process:
        yield process


def test_reading_back_to_the_beginning(talkative: ServerProcess, browser: Browser) -> None:
    """Each press shows earlier lines above those that are read, which stay in place, up to the first."""
    with Company(talkative.url) as company:
        host = company.account("hank")
        host.call(commands.RoomCreate(name="Archive", slug=ROOM))
        host.join(ROOM)
        _talk(host, range(SAID_BEFORE))
        page = Visitor(browser)
        page.enter(talkative.url, ROOM)
        page.reads(f"line {SAID_BEFORE - 1}")
        _talk(host, range(SAID_BEFORE, SAID_BEFORE + SAID_MEANWHILE))
        log = page.page.get_by_test_id("chat-log")
        last = log.get_by_text(f"line {SAID_BEFORE + SAID_MEANWHILE - 1}", exact=True)
        expect(last).to_be_in_viewport(timeout=PATIENCE_MS)
        drawn = log.locator("[data-key]").count()
        assert drawn <= 300, f"expected at most 300 lines drawn for who does not read back, got {drawn}"

        presses = _read_back(page, log)
        assert presses >= 4
        expect(log.get_by_text("line 0", exact=True)).to_be_visible()
        numbers = [int(text.split()[1]) for text in log.locator(".text").all_inner_texts()]
        assert numbers == list(range(SAID_BEFORE + SAID_MEANWHILE))
        _others_go_on(page, log, host)
        assert page.problems == []
        page.leave()


def _talk(someone: Someone, numbers: range) -> None:
    for number in numbers:
        someone.say(ROOM, f"line {number}")


def _read_back(page: Visitor, log: Locator) -> int:
    """Press until the button is gone; the line under the reader's eyes never moves. Return how often."""
    more = page.page.get_by_role("button", name="Show earlier messages")
    for press in range(20):
        if more.count() == 0:
            return press
        more.scroll_into_view_if_needed()
        top = log.locator("[data-key]").first
        key, before = top.get_attribute("data-key"), top.bounding_box()
        shown = log.locator("[data-key]").count()
        more.click()
        log.evaluate(_SHOWS_MORE, shown)
        after = log.locator(f'[data-key="{key}"]').bounding_box()
        assert before is not None, "the line is there"
        assert after is not None, "the line is still there"
        if more.count() > 0:
            assert log.locator("[data-key]").count() > shown, "a press shows more, or takes the button away"
            assert abs(after["y"] - before["y"]) <= 1, f"the line moved by {after['y'] - before['y']} px"
    msg = "expected the beginning of the log within 20 presses"
    raise AssertionError(msg)


def _others_go_on(page: Visitor, log: Locator, host: Someone) -> None:
    """At the beginning nothing is torn away; back at the end the page holds the usual again."""
    log.evaluate("log => log.scrollTo(0, 0)")
    first = log.get_by_text("line 0", exact=True)
    before = first.bounding_box()
    _talk(host, range(1000, 1005))
    expect(page.page.locator(".jump")).to_contain_text("5 new messages", timeout=PATIENCE_MS)
    assert first.bounding_box() == before
    page.page.locator(".jump").click()
    host.say(ROOM, "welcome back")
    expect(log.get_by_text("welcome back")).to_be_in_viewport(timeout=PATIENCE_MS)
    expect(first).to_have_count(0)
    expect(page.page.get_by_role("button", name="Show earlier messages")).to_have_count(1)
