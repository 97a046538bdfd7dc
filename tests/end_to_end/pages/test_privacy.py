"""A person looks after what the server keeps of them, in real Chromium."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import Browser, expect

from client_demo.sdk import Client
from protocol import commands
from protocol.events import UserErased
from tests.support.browser import PASSWORD, PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

ROOM = "booth"


def test_choices_a_copy_and_the_end(server: ServerProcess, browser: Browser) -> None:
    """What is chosen stays chosen, a copy of the own data is fetched, erasing ends all and is seen."""
    with Company(server.url) as company:
        nora, otis = company.account("nora"), company.account("otis")
        otis.call(commands.RoomCreate(name="The Booth", slug=ROOM))
        otis.join(ROOM)
        page = Visitor(browser, token=nora.token)
        page.enter(server.url, ROOM)
        page.say("remember me")
        _choose(page)
        _fetch(page)
        _erase(page)
        company.run(_until_erased(otis.client))
        view = next(iter(otis.client.rooms.values()))
        assert "nora" not in {member.user.name for member in view.members.values()}
        assert page.page.evaluate("localStorage.getItem('roomserver.token')") is None
        assert page.problems == []
        page.leave()


async def _until_erased(client: Client) -> None:
    """Wait until a room's members are told; the page knew it first."""
    while not isinstance(await client.next_event(), UserErased):
        pass


def _choose(page: Visitor) -> None:
    page.click("account-menu")
    page.click("privacy-open")
    page.click("privacy-choices")
    page.page.get_by_test_id("choice-improvement").check()
    page.click("self-ttl-3600000")
    expect(page.page.get_by_test_id("self-ttl-3600000")).to_have_attribute(
        "aria-pressed", "true", timeout=PATIENCE_MS
    )
    expect(page.page.get_by_text("your choice, since")).to_be_visible(timeout=PATIENCE_MS)
    assert page.barriers() == []


def _fetch(page: Visitor) -> None:
    page.click("privacy-data")
    page.click("export-ask")
    with page.page.expect_download() as download:
        page.click("export-fetch")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert any(b"remember me" in archive.read(name) for name in archive.namelist())
    page.sees("request-list", "fetched")


def _erase(page: Visitor) -> None:
    page.click("privacy-erase")
    expect(page.page.get_by_test_id("erase-confirm")).to_be_disabled()
    page.fill("erase-name", "nora")
    page.fill("erase-password", PASSWORD + "?")
    page.click("erase-confirm")
    page.sees("form-error", "do not match")
    page.fill("erase-password", PASSWORD)
    page.click("erase-confirm")
    page.sees("erased-page", "Your account is erased")


def test_a_frozen_account_keeps_its_rights(server: ServerProcess, browser: Browser) -> None:
    """An administrator's report freezes an account; its page then offers the own data, and nothing else."""
    with Company(server.url) as company:
        kid, warden = company.account("kid"), company.account("warden")
        server.command("admin", "create", "warden")
        page = Visitor(browser, token=kid.token)
        page.enter(server.url)
        page.is_inside()
        reporter = Visitor(browser, token=warden.token)
        reporter.enter(server.url)
        reporter.page.get_by_test_id("user-list").get_by_text("kid").click()
        reporter.click("user-report-age")
        reporter.click("report-confirm")
        expect(reporter.page.get_by_text("is with the operator")).to_be_visible(timeout=PATIENCE_MS)
        page.sees("frozen-door", "Your account was frozen")
        page.page.get_by_role("button", name="See what I can do").click()
        page.sees("frozen-page", "everything of yours is erased on")
        page.sees("frozen-page", "Write to the operator of this server")
        page.misses("chat-input")
        assert page.barriers() == []
        page.click("export-ask")
        page.sees("request-list", "Copy of your data")
        assert page.problems == []
        page.page.get_by_test_id("proof-file").set_input_files(
            {"name": "pass.png", "mimeType": "image/png", "buffer": b"GIF89a"}
        )
        page.click("proof-send")
        expect(page.page.get_by_text("That is no JPEG, PNG or PDF.")).to_be_visible(timeout=PATIENCE_MS)
        page.page.get_by_test_id("proof-file").set_input_files(
            {"name": "pass.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(200_000)}
        )
        page.click("proof-send")
        page.sees("proof-came", "waits for the operator")
        page.misses("proof-file")
        page.leave()
        reporter.leave()


def test_where_the_law_asks_the_notice_is_read_first(server: ServerProcess, browser: Browser) -> None:
    """In the EU chat waits until the notice was read, and says so; listening never waits."""
    page = Visitor(browser)
    page.enter(server.url)
    page.register("gerda", country="DE")
    page.hears()
    page.fill("chat-input", "guten abend")
    page.click("chat-send")
    page.sees("chat-error", "Read what is recorded here first")
    page.sees("notice", "listening is always free")
    page.click("notice-dismiss")
    page.misses("notice")
    page.click("chat-send")
    page.reads("guten abend")
    assert page.problems == []
    page.leave()


def test_a_room_that_lost_its_host(server: ServerProcess, browser: Browser) -> None:
    """Its staff hear that it is closed, and open it again as host from the page."""
    with Company(server.url) as company:
        petra, quinn = company.account("petra"), company.account("quinn")
        quinn.call(commands.RoomCreate(name="The Vault", slug="vault"))
        quinn.join("vault")
        page = Visitor(browser, token=petra.token)
        page.enter(server.url, "vault")
        page.is_inside()
        quinn.call(commands.StaffSet(room="vault", user=petra.id, role="bouncer"))
        server.command("privacy", "erase", "quinn", "--confirm", "quinn")
        page.sees("closed-page", "Its host is gone.")
        page.enter(server.url, "vault")
        expect(page.page.get_by_text("This room lost its host and is closed.")).to_be_visible(
            timeout=PATIENCE_MS
        )
        assert page.barriers() == []
        page.click("take-over")
        page.is_inside()
        page.leave()
