"""What people change about themselves, in real Chromium: profile, password, bots, and what is read aloud."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from tests.support.browser import PASSWORD, PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

ROOM = "mirror"
PICTURE = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"


def test_a_profile_is_edited(server: ServerProcess, browser: Browser) -> None:
    """What is refused stands at its field; what is saved is seen by everybody at once."""
    with Company(server.url) as company:
        pilar, rolf = company.account("pilar"), company.account("rolf")
        rolf.call(commands.RoomCreate(name="The Mirror", slug=ROOM))
        rolf.join(ROOM)
        page = Visitor(browser, token=pilar.token)
        page.enter(server.url, ROOM)
        page.is_inside()
        _open(page, "profile-open")
        _is_refused(page)
        page.fill("profile-name", "pilar.p")
        page.fill("profile-bio", "plays records")
        page.fill("profile-picture", "")
        page.page.get_by_test_id("profile-country").select_option("FR")
        page.click("profile-save")
        page.sees("user-name", "pilar.p")
        page.sees("user-list", "pilar.p")
        _password(page)
        page.close_dialog()
        page.page.get_by_test_id("user-list").get_by_text("pilar.p").click()
        expect(page.page.get_by_text("plays records")).to_be_visible(timeout=PATIENCE_MS)
        assert pilar.call(commands.AccountGet()).account.country == "FR"
        view = next(iter(rolf.client.rooms.values()))
        assert "pilar.p" in {member.user.name for member in view.members.values()}
        assert company.run(pilar.client.login("pilar.p", PASSWORD + "!")).user.name == "pilar.p"
        assert page.problems == []
        page.leave()


def _open(page: Visitor, what: str) -> None:
    page.click("account-menu")
    page.click(what)


def _is_refused(page: Visitor) -> None:
    """A name that is taken and a picture that is none are told where they were written."""
    page.fill("profile-name", "rolf")
    page.click("profile-save")
    page.sees("profile-name-problem", "Somebody already has that name.")
    expect(page.page.get_by_test_id("profile-name")).to_have_attribute("aria-invalid", "true")
    assert page.barriers() == []
    page.fill("profile-name", "pilar")
    page.fill("profile-picture", PICTURE)
    page.click("profile-save")
    page.sees("profile-picture-problem", "That is not the address of a picture.")
    page.misses("profile-name-problem")


def _password(page: Visitor) -> None:
    page.fill("password-current", "not this one")
    page.fill("password-new", PASSWORD + "!")
    page.click("password-save")
    page.sees("password-current-problem", "That is not your password.")
    page.fill("password-current", PASSWORD)
    page.click("password-save")
    expect(page.page.get_by_text("Your password was changed.")).to_be_visible(timeout=PATIENCE_MS)


def test_bots_are_made_and_ended(server: ServerProcess, browser: Browser) -> None:
    """A bot's token is shown once and is good for a login; ended, the bot is out at once."""
    with Company(server.url) as company:
        owner, robot = company.account("olga"), company.guest()
        page = Visitor(browser, token=owner.token)
        page.enter(server.url)
        page.is_inside()
        _open(page, "bots-open")
        page.fill("bot-name", "olga")
        page.click("bot-create")
        page.sees("bot-name-problem", "Somebody already has that name.")
        page.fill("bot-name", "olga.bot")
        page.page.get_by_test_id("bot-scope-vote").check()
        assert page.barriers() == []
        page.click("bot-create")
        token = page.page.get_by_test_id("bot-token").inner_text()
        assert page.barriers() == []
        page.click("bot-done")
        page.sees("bot-list", "chat.read, chat.write, vote")
        session = company.run(robot.client.resume(token))
        assert (session.user.kind, session.scopes) == ("bot", ["chat.read", "chat.write", "vote"])
        page.close_dialog()
        _open(page, "bots-open")
        page.sees("bot-list", "connected")
        assert page.barriers() == []
        page.click("bot-revoke")
        page.click("bot-revoke-confirm")
        expect(page.page.get_by_text("You have no bots yet.")).to_be_visible(timeout=PATIENCE_MS)
        assert page.problems == []
        page.leave()


def test_the_chat_is_read_aloud_only_to_who_wants_it(server: ServerProcess, browser: Browser) -> None:
    """The setting is reached with keys alone, and this browser keeps it."""
    page = Visitor(browser)
    page.enter(server.url)
    page.is_inside()
    log = page.page.get_by_test_id("chat-log")
    expect(log).to_have_attribute("aria-live", "polite")
    page.page.get_by_test_id("account-menu").focus()
    page.page.keyboard.press("Enter")
    page.page.get_by_test_id("preferences-open").focus()
    page.page.keyboard.press("Enter")
    # A dialog that opens takes the focus to itself.
    expect(page.page.get_by_test_id("read-aloud")).to_be_visible(timeout=PATIENCE_MS)
    page.page.get_by_test_id("read-aloud").press("Space")
    expect(log).to_have_attribute("aria-live", "off")
    assert page.barriers() == []
    page.page.reload()
    page.is_inside()
    expect(log).to_have_attribute("aria-live", "off")
    assert page.problems == []
    page.leave()
