"""A policy that keeps more, as people meet it in real Chromium: announced, put off, in force, accepted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from roomserver.config import DATABASE
from tests.support.browser import TESTS_ONLY, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

CONTACT = "privacy@example.org"
BEFORE = "schema = 1\n"
AFTER = 'schema = 1\n[category.chat]\nttl = "60d"\nceiling = "60d"\n'


class Operator:
    """Somebody who runs a server with a policy file of their own."""

    def __init__(self, folder: Path) -> None:
        self._database = folder / "data" / DATABASE
        self._file = folder / "privacy.toml"
        self._file.write_text(BEFORE, encoding="utf-8")
        settings = {"ROOMSERVER_PRIVACY__POLICY": str(self._file), "ROOMSERVER_PRIVACY__CONTACT": CONTACT}
        self.server = ServerProcess(folder / "data", TESTS_ONLY | settings)

    def announce(self) -> None:
        """Keep chat for longer from now on: the running server reads it and tells it ahead."""
        self._file.write_text(AFTER, encoding="utf-8")
        self.server.reload()

    def thirty_days_later(self) -> None:
        """Start the server again on the day of the change."""
        self.server.kill()
        with sqlite3.connect(self._database) as database:
            database.execute("UPDATE policy_versions SET effective_at_ms = published_at_ms")
        database.close()
        self.server.start()


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """Return an operator whose server runs."""
    one = Operator(tmp_path)
    one.server.start()
    yield one
    one.server.kill()


def test_a_policy_that_keeps_more_is_announced_and_accepted(operator: Operator, browser: Browser) -> None:
    """The banner comes at once, can be put off, returns on the day; accepted, chat goes on."""
    with Company(operator.server.url) as company:
        token = company.account("paul").token
    page = Visitor(browser, token=token)
    page.enter(operator.server.url)
    page.is_inside()
    page.misses("policy-banner")
    operator.announce()
    page.sees("policy-banner", "The privacy policy changes on")
    page.sees("policy-banner", "Chat is kept for 60 days instead of 30 days")
    assert page.barriers() == []
    page.click("policy-later")
    page.misses("policy-banner")
    page.say("still free to talk")

    operator.thirty_days_later()
    page.sees("policy-banner", "The privacy policy has changed.")
    assert page.barriers() == []
    page.fill("chat-input", "may I?")
    page.click("chat-send")
    page.sees("chat-error", "accept it at the top of the page")
    page.click("policy-accept")
    page.misses("policy-banner")
    page.say("may I?")
    _the_operator_is_reached(page, operator.server.url)
    assert page.problems == []
    page.leave()


def _the_operator_is_reached(page: Visitor, url: str) -> None:
    """What one accepts names whom to ask."""
    page.page.goto(f"{url}/privacy")
    link = page.page.get_by_role("link", name=CONTACT)
    assert link.get_attribute("href") == f"mailto:{CONTACT}"
