"""What makes a media value playable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocol import codec, limits
from protocol.errors import ErrorCode, Rejected
from protocol.media import checked, span_ms
from protocol.values import Media
from tests.support.people import song


def media(source: Any, source_id: str) -> Media:
    """Return a media of a source."""
    return Media(source=source, source_id=source_id, title="t", duration_ms=1000)


def refused_field(candidate: Media, field: str = "media") -> object:
    """Return the field that a media is refused for."""
    with pytest.raises(Rejected) as caught:
        checked(candidate, field)
    assert caught.value.code == ErrorCode.BAD_PARAMS
    assert "expected" in caught.value.message
    return caught.value.facts["field"]


@pytest.mark.parametrize(
    ("source", "source_id"),
    [
        ("direct", "https://example.org/a.mp3"),
        ("direct", "http://example.org:8000/live?x=1#t"),
        ("direct", "https://[2001:db8::1]/a.ogg"),
        ("direct", "/media/demo/song-1.ogg"),
        ("youtube", "dQw4w9WgXcQ"),
        ("soundcloud", "forss/flickermood"),
    ],
)
def test_playable(source: str, source_id: str) -> None:
    """Sources that players can play are accepted unchanged."""
    assert checked(media(source, source_id)) == media(source, source_id)


@pytest.mark.parametrize(
    ("source", "source_id"),
    [
        ("direct", "javascript:alert(1)"),
        ("direct", "file:///etc/passwd"),
        ("direct", "//example.org/a.mp3"),
        ("direct", "https://"),
        ("direct", "https:///a.mp3"),
        ("direct", "https://user@example.org/a.mp3"),
        ("direct", "https://user:secret@example.org/a.mp3"),
        ("direct", "https://:secret@example.org/a.mp3"),
        ("direct", "https://[example.org/a.mp3"),
        ("direct", "https://example.org/a\nb.mp3"),
        ("direct", "https://example.org/a b.mp3"),
        ("direct", "/media/../secret"),
        ("direct", "/etc/passwd"),
        ("direct", "/media/a?b"),
        ("direct", "/media/a\n"),
        ("youtube", "short"),
        ("youtube", "dQw4w9WgXcQ\n"),
        ("youtube", "dQw4w9WgXc/"),
        ("soundcloud", "https://soundcloud.com/a"),
        ("soundcloud", "a" * 201),
    ],
)
def test_not_playable(source: str, source_id: str) -> None:
    """Anything else is refused, and the field is named."""
    assert refused_field(media(source, source_id)) == "media.source_id"
    assert refused_field(media(source, source_id), "items[3]") == "items[3].source_id"


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "span"),
    [(None, None, (0, 1000)), (10, None, (10, 990)), (None, 400, (0, 400)), (999, 1000, (999, 1))],
)
def test_trim(start_ms: int | None, end_ms: int | None, span: tuple[int, int]) -> None:
    """A trim takes off the start, the end, or both."""
    trimmed = replace(song(duration_ms=1000), start_ms=start_ms, end_ms=end_ms)

    assert span_ms(checked(trimmed)) == span


@pytest.mark.parametrize(("start_ms", "end_ms"), [(1000, None), (0, 0), (500, 500), (600, 500), (0, 1001)])
def test_nothing_left(start_ms: int, end_ms: int | None) -> None:
    """A trim leaves something, and ends within the media."""
    assert refused_field(replace(song(duration_ms=1000), start_ms=start_ms, end_ms=end_ms)) == "media.end_ms"


def test_texts() -> None:
    """Title and artist come out clean; an artist of white space is none."""
    assert checked(replace(song(), title=" e\u0301\u202e", artist=" \t")) == replace(song(), title="é")


def test_empty_title() -> None:
    """A media has a title."""
    assert refused_field(replace(song(), title=" \u202e")) == "media.title"


@pytest.mark.parametrize("field", ["title", "artist"])
def test_length(field: str) -> None:
    """A text that normalisation makes too long is refused: no client could read it."""
    grown = replace(song(), **{field: "\u0958" * limits.TITLE_CHARS})

    assert refused_field(grown) == f"media.{field}"


@given(
    title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=limits.TITLE_CHARS),
    artist=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=limits.TITLE_CHARS),
)
def test_stays_readable(title: str, artist: str | None) -> None:
    """What is accepted survives the wire."""
    try:
        accepted = checked(replace(song(), title=title, artist=artist))
    except Rejected:
        return
    [[_, _, wire]] = codec.decode(codec.encode_event("any", accepted), max_bytes=limits.MESSAGE_BYTES)

    assert codec.read(wire, Media) == accepted
