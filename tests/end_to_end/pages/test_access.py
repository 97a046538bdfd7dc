"""The page for everyone: axe-core finds nothing serious, and it fits windows of all sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company

ROOM = "hall"
pytestmark = pytest.mark.browser

SIZES = [(1920, 1080), (1280, 800), (1000, 700), (640, 400), (390, 844), (320, 568)]
"""From a wide screen to WCAG 1.4.10; 640 by 400 is 1280 by 800 at 200 % zoom."""

_NEXT_LINE = """
() => {
  const line = document.querySelector("[data-testid=up-next]"), words = line.firstElementChild;
  const wide = words.scrollWidth > words.clientWidth + 1, high = words.scrollHeight > words.clientHeight + 1;
  const outside = line.getBoundingClientRect().right > line.parentElement.getBoundingClientRect().right;
  const booth = line.previousElementSibling.getBoundingClientRect().height;
  return [wide || high || outside, line.getBoundingClientRect().height > booth];
}
"""


@pytest.fixture(scope="module")
def guest(server: ServerProcess, browser: Browser) -> Iterator[Visitor]:
    """Return a guest's page in a room where people dance and talk."""
    with Company(server.url) as crowd:
        dj, fan = crowd.account("dj.one"), crowd.account("fan.two")
        dj.call(commands.RoomCreate(name="The Hall", slug=ROOM))
        for someone in (dj, fan):
            someone.join(ROOM)
        dj.queue(ROOM, "first-light.wav", "A long title that has to end somewhere, and does not")
        fan.say(
            ROOM, "https://example.org/a-word-that-does-not-break-anywhere-at-all-and-goes-on-and-on hello"
        )
        fan.queue(ROOM, "first-light.wav", "Another long title that is told beside the booth before its turn")
        page = Visitor(browser)
        page.enter(server.url, ROOM)
        page.sees("dj-name", "dj.one")
        fan.vote(ROOM, 1)
        expect(page.page.locator(".fan.woot")).to_have_count(1, timeout=PATIENCE_MS)
        yield page
        assert page.problems == []
        page.leave()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_room_has_no_barrier(guest: Visitor, scheme: str) -> None:
    """The room passes axe-core's WCAG 2.2 AA rules in both schemes."""
    guest.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    assert guest.barriers() == []


def test_who_comes_next_can_be_read(guest: Visitor) -> None:
    """Beside the booth nothing of who comes next, and when, is cut off; the booth's height stays."""
    guest.sees("up-next", "fan.two")
    for width in (1440, 1280, 1200, 1024, 900, 800, 760, 390, 320):
        guest.page.set_viewport_size({"width": width, "height": 800})
        cut, taller = guest.page.evaluate(_NEXT_LINE)
        assert (cut, taller) == (False, False), f"at {width} pixels"
    guest.page.set_viewport_size({"width": 1280, "height": 800})


def test_dialogs_have_no_barrier(guest: Visitor) -> None:
    """So do the forms of signing in, and the own data."""
    guest.click("sign-in")
    for form in ("login", "register", "guest"):
        guest.click(f"tab-{form}")
        assert guest.barriers() == []
    guest.close_dialog()
    guest.click("account-menu")
    assert guest.barriers() == []
    guest.click("privacy-open")
    guest.sees("kept-list", "what you say in chat")
    assert guest.barriers() == []
    guest.close_dialog()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_page_fits(guest: Visitor, size: tuple[int, int]) -> None:
    """No window size makes the page wider than the window, or hides what a newcomer needs."""
    guest.page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(guest.page.get_by_test_id("take-turn")).to_be_visible()
    wide, inner = guest.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")

    assert wide <= inner
    assert guest.page.evaluate("document.querySelector('.room').scrollWidth <= innerWidth")


def test_nothing_moves_for_who_wants_less_motion(guest: Visitor) -> None:
    """With reduced motion asked for, no animation runs."""
    guest.page.emulate_media(reduced_motion="reduce")
    running = guest.page.evaluate(
        "document.getAnimations().filter((one) => one.playState === 'running').length"
    )
    guest.page.emulate_media(reduced_motion="no-preference")

    assert running == 0


def test_lobby_has_no_barrier_and_leads_in(guest: Visitor, server: ServerProcess) -> None:
    """The lobby passes as well, in both schemes, and its first button enters the busiest room."""
    guest.page.set_viewport_size({"width": 1280, "height": 800})
    guest.page.goto(server.url)
    guest.sees("room-list", "dj.one is playing")
    for scheme in ("dark", "light"):
        guest.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert guest.barriers() == []
    guest.click("enter-busiest")
    guest.is_inside()
