"""What people are told who are refused at a door or in a form, in real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from protocol.limits import HOUR_MS
from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

ROOM = "speakeasy"
REASON = "shouting in capitals"
TWO_TRIES = """
async ([first, second]) => {
  for (const word of [first, second]) {
    const field = document.querySelector("input[type=password]");
    field.value = word;
    field.dispatchEvent(new Event("input", {bubbles: true}));
    // The page takes in what was typed; the server has not answered by then.
    await new Promise((done) => setTimeout(done));
    field.form.requestSubmit();
  }
}
"""
NOT_THE_PASSWORD = "That is not the room's password."


def test_doors(server: ServerProcess, browser: Browser) -> None:
    """A password is judged when it was sent, the last counts; the banned read until when and why again."""
    with Company(server.url) as company:
        host, wilma = company.account("hostess"), company.account("wilma")
        host.call(commands.RoomCreate(name="The Speakeasy", slug=ROOM))
        host.join(ROOM)
        host.call(commands.RoomUpdate(room=ROOM, password="sesame"))
        page = Visitor(browser, token=wilma.token)
        page.enter(server.url, ROOM)
        field = page.page.get_by_label("Password")
        field.fill("s")
        expect(page.page.get_by_text(NOT_THE_PASSWORD)).to_have_count(0)
        field.press("Enter")
        expect(page.page.get_by_text(NOT_THE_PASSWORD)).to_be_visible(timeout=PATIENCE_MS)
        page.page.evaluate(TWO_TRIES, ["sesam", "sesame"])
        page.is_inside()
        host.call(commands.ModBan(room=ROOM, user=wilma.id, duration_ms=HOUR_MS, reason=REASON))
        page.sees("closed-page", "You may come back at")
        told = page.page.get_by_test_id("closed-page").locator("p").all_inner_texts()
        page.page.reload()
        page.sees("closed-page", REASON)
        assert page.page.get_by_test_id("closed-page").locator("p").all_inner_texts() == told
        assert page.problems == []
        page.leave()


def test_forms(server: ServerProcess, browser: Browser) -> None:
    """Forms say what belongs in a field; a link takes no other's title; one signs out of all devices."""
    with Company(server.url) as company:
        token = company.account("fritz").token
    page, elsewhere = Visitor(browser, token=token), Visitor(browser, token=token)
    for one in (page, elsewhere):
        one.enter(server.url)
        one.is_inside()
    _links(page)
    page.page.goto(server.url)
    page.click("room-create")
    page.fill("room-name", "My Den")
    page.fill("room-slug", "My Den!")
    page.click("room-submit")
    page.sees("form-error", "small letters, digits and hyphens")
    page.fill("room-slug", "fritz-den")
    page.click("room-submit")
    page.is_inside()
    page.click("settings-open")
    page.fill("settings-name", "")
    page.click("settings-save")
    page.sees("form-error", "must not be empty")
    page.close_dialog()
    page.click("account-menu")
    page.click("sign-out-everywhere")
    page.sees("user-name", "guest-")
    elsewhere.sees("user-name", "guest-")
    _february(page)
    assert page.problems == []
    page.leave()
    elsewhere.leave()


def _links(page: Visitor) -> None:
    page.click("playlist-open")
    page.fill("playlist-add-url", "https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    page.fill("playlist-add-title", "The first")
    page.fill("playlist-add-duration", "3:33")
    expect(page.page.get_by_test_id("playlist-add-submit")).to_be_enabled()
    page.fill("playlist-add-url", "https://www.youtube.com/watch?v=jNQXAC9IVRw")
    expect(page.page.get_by_test_id("playlist-add-title")).to_have_value("")
    expect(page.page.get_by_test_id("playlist-add-duration")).to_have_value("")
    expect(page.page.get_by_test_id("playlist-add-submit")).to_be_disabled()
    page.close_dialog()


def _february(page: Visitor) -> None:
    page.click("sign-in")
    page.click("tab-register")
    page.fill("register-name", "fritzi")
    page.fill("register-password", "a long one, is it not")
    for part, value in (("day", "31"), ("month", "2"), ("year", "1990")):
        page.page.get_by_test_id(f"register-{part}").select_option(value)
    page.page.get_by_test_id("register-accept").check()
    page.click("register-submit")
    page.sees("form-error", "There is no such day.")


def test_addresses(server: ServerProcess, browser: Browser) -> None:
    """A room's address in capitals leads to the room; what no room can be called, is told to be none."""
    page = Visitor(browser)
    page.page.goto(f"{server.url}/r/Lobby/?from=card")
    expect(page.page).to_have_url(f"{server.url}/r/lobby?from=card")
    page.is_inside()
    for word in ("no.room", "a/b", "x" * 33, "nobody-made-this"):
        page.page.goto(f"{server.url}/r/{word}")
        expect(page.page.get_by_role("heading", name="There is no such room")).to_be_visible(
            timeout=PATIENCE_MS
        )
    page.leave()
