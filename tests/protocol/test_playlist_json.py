"""Playlists as JSON text: what is written can be read, and what cannot be read is named."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import limits
from protocol.errors import ErrorCode, Rejected
from protocol.media import checked
from protocol.playlist_json import PAGE_BYTES, PAGE_ITEMS, export_page, parse
from protocol.values import Media

ID = "dQw4w9WgXcQ"
ITEM = {"source": "youtube", "source_id": ID, "title": "T", "duration_ms": 213_000}
PLUG = {
    "id": 51234,
    "format": 1,
    "cid": ID,
    "author": "Rick Astley",
    "title": "Never Gonna Give You Up",
    "duration": 213,
    "image": "//i.ytimg.com/vi/dQw4w9WgXcQ/default.jpg",
}
READ = Media(
    source="youtube",
    source_id=ID,
    title="Never Gonna Give You Up",
    artist="Rick Astley",
    duration_ms=213_000,
    thumbnail_url="https://i.ytimg.com/vi/dQw4w9WgXcQ/default.jpg",
)

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=limits.TITLE_CHARS)


@st.composite
def _media(draw: st.DrawFn) -> Media:
    """Draw media as the server keeps it."""
    duration = draw(st.integers(limits.MEDIA_DURATION_MIN_MS, limits.MEDIA_DURATION_MAX_MS))
    start = draw(st.none() | st.integers(0, duration - 1))
    media = Media(
        source="youtube",
        source_id=draw(st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True)),
        title=draw(_texts),
        artist=draw(st.none() | _texts),
        duration_ms=duration,
        start_ms=start,
        end_ms=draw(st.none() | st.integers((start or 0) + 1, duration)),
    )
    try:
        return checked(media)
    except Rejected:
        return Media(source="youtube", source_id=media.source_id, title="t", duration_ms=duration)


def refused(value: object) -> str:
    """What the refusal of a value says."""
    text = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(Rejected) as caught:
        parse(text)
    assert caught.value.code is ErrorCode.BAD_PARAMS
    assert caught.value.facts == {"field": "text"}
    return caught.value.message


@given(st.text(max_size=20), st.lists(_media(), min_size=1, max_size=5))
def test_round_trip(name: str, media: list[Media]) -> None:
    """What is exported comes back equal."""
    text, count = export_page(name.encode("utf-8", "replace").decode(), media)
    assert count == len(media)
    assert parse(text) == media


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Any text is either read or refused; nothing else happens."""
    with suppress(Rejected):
        parse(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*PLUG, *ITEM, "items", "playlists", "data", "media", "version", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(_json)
def test_any_json(value: Any) -> None:
    """Any JSON is either read or refused; nothing else happens."""
    with suppress(Rejected):
        parse(json.dumps(value))


def test_written_form() -> None:
    """A page says what it is, and holds media as the wire has it."""
    text, _ = export_page("Mine", [Media(source="youtube", source_id=ID, title="T", duration_ms=213_000)])
    assert json.loads(text) == {
        "format": "roomserver.playlist",
        "version": 1,
        "name": "Mine",
        "items": [ITEM],
    }


def test_pages_are_bounded() -> None:
    """A page ends after so many items or so many bytes, and is never empty."""
    small = Media(source="youtube", source_id=ID, title="T", duration_ms=213_000)
    assert export_page("Mine", [small] * 500)[1] == PAGE_ITEMS
    assert export_page("Mine", [])[1] == 0
    wide = "\N{MUSICAL SYMBOL G CLEF}" * limits.TITLE_CHARS
    url = f"https://x.example/{'a' * 1000}"
    big = Media(
        source="direct", source_id=url, title=wide, artist=wide, thumbnail_url=url, duration_ms=213_000
    )
    text, count = export_page("Mine", [big] * PAGE_ITEMS)
    assert 1 < count < PAGE_ITEMS
    assert len(text.encode()) <= PAGE_BYTES
    assert len(parse(text)) == count


@pytest.mark.parametrize(
    "value",
    [
        [PLUG],
        {"name": "Mine", "media": [PLUG]},
        {"name": "Mine", "data": [PLUG]},
        {"data": [PLUG], "meta": {"id": 7, "name": "Mine"}, "status": "ok"},
        {"playlists": {"Mine": [PLUG], "Empty": []}},
        {"is_plugdj_playlist": True, "userid": "anna", "playlists": {"Mine": [PLUG]}},
        {"format": "roomserver.playlist", "version": 1, "items": [PLUG]},
    ],
)
def test_plug_forms(value: object) -> None:
    """Every wrapping that plug.dj's exporters used is read."""
    assert parse(json.dumps(value)) == [READ]


def test_plug_items() -> None:
    """SoundCloud ids may be numbers, authors empty, pictures broken, and titles too long."""
    item = {**PLUG, "format": 2, "cid": 12345, "author": "", "image": "data:x", "title": "t" * 300}
    [media] = parse(json.dumps([item]))
    assert (media.source, media.source_id, media.artist) == ("soundcloud", "12345", None)
    assert (media.thumbnail_url, media.title) == (None, "t" * limits.TITLE_CHARS)
    assert parse(json.dumps([{**PLUG, "duration": 213.5}]))[0].duration_ms == 213_500


@pytest.mark.parametrize("value", [[ITEM], {"items": [ITEM]}])
def test_plain_media(value: object) -> None:
    """Media without the header are read too."""
    assert parse(json.dumps(value)) == [Media(source="youtube", source_id=ID, title="T", duration_ms=213_000)]
    assert parse("\ufeff" + json.dumps(value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[", "expected JSON: Input data was truncated"),
        ("[" * 16_000, "expected JSON: maximum recursion depth"),
        (5, "expected an object or a list, got 5"),
        ([], "expected at least one item, got none"),
        ({"playlists": {}}, "expected at least one item, got none"),
        ({}, "expected items, playlists, data or media, got none of them"),
        ({"playlists": [PLUG]}, "playlists: expected an object of lists, got a list"),
        ({"data": {}}, "data: expected a list, got an object"),
        ({"format": "m3u"}, "format: expected 'roomserver.playlist', got 'm3u'"),
        ({"format": "roomserver.playlist"}, "version: expected 1, got nothing"),
        ({"format": "roomserver.playlist", "version": 2}, "version: expected 1, got 2"),
        ({"format": "roomserver.playlist", "version": 1}, "items: expected a list, got nothing"),
        ([ITEM, 3], "items[1]: expected an object, got 3"),
        ([ITEM, {}], "items[1]: object missing required field source"),
        ([{**ITEM, "x": 1}], "items[0]: object contains unknown field x"),
        ([{**ITEM, "duration_ms": "3"}], "items[0].duration_ms: expected int, got '3'"),
        ([{**ITEM, "duration_ms": 3}], "items[0].duration_ms: expected int >= 1000, got 3"),
        ([{**ITEM, "source": "x"}], "items[0].source: expected direct, youtube or soundcloud, got 'x'"),
        ([{**ITEM, "source_id": "x"}], "items[0].source_id: expected a YouTube video id"),
        ([{**ITEM, "end_ms": 0}], "items[0].end_ms: expected start_ms < end_ms"),
        ({"data": [PLUG, {**PLUG, "duration": 0}]}, "data[1].duration: expected 1 to 86400 seconds, got 0"),
        ([{**PLUG, "duration": True}], "items[0].duration: expected 1 to 86400 seconds, got True"),
        ([{**PLUG, "duration": None}], "items[0].duration: expected 1 to 86400 seconds, got nothing"),
        ([{**PLUG, "format": 3}], "items[0].format: expected 1 (YouTube) or 2 (SoundCloud), got 3"),
        ([{**PLUG, "format": True}], "items[0].format: expected 1 (YouTube) or 2 (SoundCloud), got True"),
        ([{**PLUG, "cid": None}], "items[0].cid: expected a text, got nothing"),
        ([{**PLUG, "cid": "a" * 2000}], "items[0].cid: expected at most 1024 characters, got 2000"),
        ([{**PLUG, "title": " "}], "items[0].title: expected a text, got ' '"),
        ([{**PLUG, "author": 5}], "items[0].author: expected a text, got 5"),
        ({"playlists": {"Mine": [{"type": 1, "id": ID}]}}, "playlists.Mine[0].title: expected a text"),
    ],
)
def test_refusals(value: object, message: str) -> None:
    """What is wrong is named by its path, with what was expected and what came."""
    assert refused(value).startswith(message)
