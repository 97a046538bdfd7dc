"""One server and one browser, for this package alone: a driven browser and asyncio tests do not mix."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import ARGUMENTS, CHROMIUM, PAGE, ServerProcess


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Return a running server; tests take rooms and names of their own."""
    if not PAGE.is_file():
        pytest.fail("the web client is not built: run `make web`")
    process = ServerProcess(tmp_path_factory.mktemp("browser") / "data")
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return Chromium; where it is missing, CI fails and others are told loudly."""
    if CHROMIUM is None:
        if os.environ.get("ROOMSERVER_REQUIRE_BROWSER") or os.environ.get("CI"):
            pytest.fail("Chromium is missing, and CI must not go without the browser test")
        pytest.skip("NO BROWSER: Chromium is not installed, so the page was NOT tested")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
