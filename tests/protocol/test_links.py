"""Pasted links: read as the web client reads them, by shared examples."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, Rejected
from protocol.limits import URL_CHARS
from protocol.links import Link, parse_link
from protocol.media import checked
from protocol.values import Media

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "links.json").read_text(encoding="utf-8")
)
GOOD = [vector for vector in VECTORS if "error" not in vector]
BAD = [vector for vector in VECTORS if "error" in vector]


@pytest.mark.parametrize("vector", GOOD, ids=[vector["link"] for vector in GOOD])
def test_read(vector: dict[str, Any]) -> None:
    """Each good example is read as written down, and passes as media."""
    link = parse_link(vector["link"])
    expected = {key: value for key, value in vector.items() if key != "link"}
    assert {key: value for key, value in link._asdict().items() if value is not None} == expected
    media = Media(source=link.source, source_id=link.source_id, title=link.title or "t", duration_ms=10**7)
    assert checked(media).source_id == link.source_id


@pytest.mark.parametrize("vector", BAD, ids=[vector["link"] or "nothing" for vector in BAD])
def test_refused(vector: dict[str, Any]) -> None:
    """Each bad example is refused, saying what was expected."""
    with pytest.raises(Rejected) as caught:
        parse_link(vector["link"], "link")
    assert caught.value.code is ErrorCode.BAD_PARAMS
    assert caught.value.facts == {"field": "link"}
    assert caught.value.message.startswith(vector["error"])


@pytest.mark.parametrize("vector", GOOD, ids=[vector["link"] for vector in GOOD])
def test_reading_again(vector: dict[str, Any]) -> None:
    """A normalised link is normal."""
    link = parse_link(vector["link"])
    if link.source == "direct":
        assert parse_link(link.source_id) == link


def test_too_long() -> None:
    """A link is as long as media may have it, after normalisation."""
    fits = f"https://x.example/{'a' * (URL_CHARS - 18)}"
    assert parse_link(fits).source_id == fits
    with pytest.raises(Rejected, match=f"at most {URL_CHARS} characters, got {URL_CHARS + 1}"):
        parse_link(fits + "a")


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: f"https://{rest}"))
def test_any_text(text: str) -> None:
    """Any text is either a link that passes as media or refused; nothing else happens."""
    with suppress(Rejected):
        link: Link = parse_link(text)
        checked(Media(source=link.source, source_id=link.source_id, title="t", duration_ms=1000))
