"""Whom the operator bans from the server, as the page tells them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.support.browser import PASSWORD, ServerProcess, Visitor
from tests.support.company import Company

pytestmark = pytest.mark.browser

REASON = "advertising in every room"


def test_banned_from_the_server(server: ServerProcess, browser: Browser) -> None:
    """They are out at once, told why, and find their own data at a sign-in; pardoned, they are back."""
    with Company(server.url) as company:
        token = company.account("barnaby").token
    page = Visitor(browser, token=token)
    page.enter(server.url)
    page.is_inside()
    server.administer("ban", "user", "barnaby", "--for", "7d", "--reason", REASON)
    page.sees("connection-state", "banned from this server until")
    page.sees("connection-state", REASON)
    stranger = Visitor(browser)
    stranger.enter(server.url)
    stranger.is_inside()
    _log_in(stranger)
    stranger.sees("frozen-page", "You are banned from this server")
    stranger.sees("frozen-page", REASON)
    stranger.sees("export-ask", "Ask for my data")
    server.administer("ban", "pardon", "barnaby")
    stranger.page.reload()
    stranger.sees("user-name", "barnaby")
    assert stranger.problems == []
    page.leave()
    stranger.leave()


def _log_in(page: Visitor) -> None:
    page.click("sign-in")
    page.click("tab-login")
    page.fill("login-name", "barnaby")
    page.fill("login-password", PASSWORD)
    page.click("login-submit")
