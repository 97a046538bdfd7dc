"""
What a browser says of itself, reduced to families before anything is kept.

A whole ``User-Agent`` tells people apart; a family and a major version tell attacks apart. A
table of a dozen marks is enough for that; a library that knows every device knows more than we want
to know. Nothing is cached: a cache would keep whole lines.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from websockets.datastructures import Headers

OTHER = "other"
_LONGEST = 512
"""Characters looked at; no browser says more."""


class Agent(NamedTuple):
    """A browser's family with its major version, its system's family, and whether it sent ``Sec-GPC: 1``."""

    browser: str
    os: str
    asks_for_privacy: bool = False


UNKNOWN = Agent(OTHER, OTHER)

_BROWSERS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        # Who pretends to be somebody else comes first.
        ("Edge", r"\bEdg(?:e|A|iOS)?/(\d+)"),
        ("Opera", r"\b(?:OPR|Opera)/(\d+)"),
        ("Samsung Internet", r"\bSamsungBrowser/(\d+)"),
        ("Vivaldi", r"\bVivaldi/(\d+)"),
        ("Firefox", r"\b(?:Firefox|FxiOS)/(\d+)"),
        ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
        ("Safari", r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
        ("roomserver client", r"\broomserver-client/(\d+)"),
        ("Python websockets", r"\bwebsockets/(\d+)"),
        ("aiohttp", r"\baiohttp/(\d+)"),
        ("Node.js", r"\b[Nn]ode(?:\.js)?/v?(\d+)"),
        ("Go", r"\bGo-http-client/(\d+)"),
    )
)
_SYSTEMS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("Android", r"\bAndroid\b"),
        ("iOS", r"\b(?:iPhone|iPad|iPod)\b"),
        ("Windows", r"\bWindows\b"),
        ("macOS", r"\bMac ?OS ?X?\b|\bMacintosh\b"),
        ("ChromeOS", r"\bCrOS\b"),
        ("Linux", r"\bLinux\b|\bX11\b"),
    )
)


def agent_of(headers: Headers) -> Agent:
    """Return what the headers of a request say of a client; several lines of one name say nothing."""
    lines = headers.get_all("User-Agent")
    asks = headers.get_all("Sec-GPC") == ["1"]
    return families(lines[0] if len(lines) == 1 else None)._replace(asks_for_privacy=asks)


def families(user_agent: str | None) -> Agent:
    """Return the families of a ``User-Agent``; :data:`OTHER` for what is not known."""
    text = (user_agent or "")[:_LONGEST]
    browser = next(
        (f"{name} {match[1]}" for name, pattern in _BROWSERS if (match := pattern.search(text))), OTHER
    )
    return Agent(browser, next((name for name, pattern in _SYSTEMS if pattern.search(text)), OTHER))
