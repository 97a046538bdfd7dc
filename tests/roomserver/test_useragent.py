"""What browsers say of themselves: families stay, everything that tells people apart goes."""

from __future__ import annotations

import pytest
from websockets.datastructures import Headers

from roomserver.useragent import OTHER, UNKNOWN, Agent, agent_of, families

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT}"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("line", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140", "Linux"),
        (f"{WINDOWS} Chrome/141.0.7390.54 Safari/537.36", "Chrome 141", "Windows"),
        (f"{WINDOWS} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.3537.57", "Edge 141", "Windows"),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0",
            "Samsung Internet 28",
            "Android",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.1 Safari/605.1.15",
            "Safari 18",
            "macOS",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {APPLE} CriOS/141.0 Mobile/15E148",
            "Chrome 141",
            "iOS",
        ),
        ("Python/3.11 websockets/17.4", "Python websockets 17", OTHER),
        ("Go-http-client/1.1", "Go 1", OTHER),
        ("curl/8.5.0", OTHER, OTHER),
        ("", OTHER, OTHER),
        (None, OTHER, OTHER),
    ],
)
def test_families(line: str | None, browser: str, system: str) -> None:
    """Each well-known browser is its family and major version; the rest is another one."""
    assert families(line) == Agent(browser, system)


def test_nothing_else_stays() -> None:
    """Neither device, build nor anything hidden in the line is in what is kept."""
    agent = families("Mozilla/5.0 (Linux; Android 14; canary-device Build/UP1A) Chrome/141.0.7390.54 canary")
    assert agent == Agent("Chrome 141", "Android")


def test_a_line_without_end() -> None:
    """Only the beginning is looked at."""
    assert families("x" * 100_000 + " Firefox/140.0") == UNKNOWN


def test_headers() -> None:
    """The wish for privacy is heard; two lines of one name say nothing."""
    once = Headers([("User-Agent", "Go-http-client/2.0"), ("Sec-GPC", "1")])
    assert agent_of(once) == Agent("Go 2", OTHER, asks_for_privacy=True)
    assert agent_of(Headers()) == UNKNOWN
    twice = Headers([*once.raw_items(), *once.raw_items()])
    assert agent_of(twice) == UNKNOWN
