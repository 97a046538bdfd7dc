"""
Playlists as JSON text: what ``playlist.export`` writes and ``playlist.import`` reads.

Written is one form, read are three: the own one, a bare list of media, and what people
saved of plug.dj. ``docs/playlists.md`` describes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from protocol import limits
from protocol.errors import ErrorCode, Rejected
from protocol.media import checked
from protocol.text import clean
from protocol.values import Media

FORMAT = "roomserver.playlist"
VERSION = 1
PAGE_ITEMS = 200
PAGE_BYTES = 200 * 1024
"""A page is at most so long in UTF-8. Browsers take far more; a slow line should not have to."""

_PLUG_SOURCES = {1: "youtube", 2: "soundcloud"}
_PLUG_WORDS = {"cid", "format", "type"}
"""Words of plug.dj's items that no item of ours has."""
_SHOWN_CHARS = 40


def export_page(name: str, media: Sequence[Media]) -> tuple[str, int]:
    """
    Write the beginning of ``media`` as one page, and say how many of them it holds.

    At least one, however long it is: media has limits of its own.
    """
    size = len(_encode(name, []))
    count = 0
    for one in media[:PAGE_ITEMS]:
        size += len(msgspec.json.encode(one)) + 1
        if count and size > PAGE_BYTES:
            break
        count += 1
    return _encode(name, media[:count]).decode(), count


def _encode(name: str, media: Sequence[Media]) -> bytes:
    return msgspec.json.encode({"format": FORMAT, "version": VERSION, "name": name, "items": media})


def parse(text: str) -> list[Media]:
    """
    Return the media of a text, checked as if each had been inserted.

    Raises:
        Rejected: ``bad_params`` for the field ``text``, naming the first item that is wrong
            by its path.

    """
    try:
        value = msgspec.json.decode(text.removeprefix("\ufeff"))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _refusal("", f"expected JSON: {str(error)[:100]}") from None
    found = [_media(path, item) for path, item in _items(value)]
    if not found:
        raise _refusal("", "expected at least one item, got none")
    return found


def _items(value: object) -> Iterator[tuple[str, object]]:
    """Walk the items of every form, each with its path."""
    if isinstance(value, list):
        yield from _numbered("items", value)
        return
    if not isinstance(value, dict):
        raise _refusal("", f"expected an object or a list, got {_shown(value)}")
    if "format" in value:
        _check_header(value)
        yield from _numbered("items", value.get("items"))
    elif "playlists" in value:
        playlists = value["playlists"]
        if not isinstance(playlists, dict):
            raise _refusal("playlists", f"expected an object of lists, got {_shown(playlists)}")
        for name, items in playlists.items():
            yield from _numbered(f"playlists.{name[:_SHOWN_CHARS]}", items)
    else:
        key = next((key for key in ("items", "data", "media") if key in value), None)
        if key is None:
            raise _refusal("", "expected items, playlists, data or media, got none of them")
        yield from _numbered(key, value[key])


def _check_header(value: Mapping[str, object]) -> None:
    if value["format"] != FORMAT:
        raise _refusal("format", f"expected {FORMAT!r}, got {_shown(value['format'])}")
    if value.get("version") != VERSION:
        raise _refusal("version", f"expected {VERSION}, got {_shown(value.get('version'))}")


def _numbered(path: str, items: object) -> Iterator[tuple[str, object]]:
    if not isinstance(items, list):
        raise _refusal(path, f"expected a list, got {_shown(items)}")
    for index, item in enumerate(items):
        yield f"{path}[{index}]", item


def _media(path: str, item: object) -> Media:
    if not isinstance(item, dict):
        raise _refusal(path, f"expected an object, got {_shown(item)}")
    media = _of_plug(path, item) if _PLUG_WORDS & item.keys() else _of_ours(path, item)
    try:
        return checked(media, path)
    except Rejected as rejected:
        raise _refusal(str(rejected.facts["field"]), rejected.message) from None


def _of_ours(path: str, item: Mapping[str, object]) -> Media:
    try:
        return msgspec.convert(item, Media)
    except msgspec.ValidationError as error:
        raise _misfit(path, item, str(error)) from None


def _misfit(path: str, item: Mapping[str, object], error: str) -> Rejected:
    """Say in our words what msgspec said of an item, with what came."""
    sentence, _, where = error.replace("`", "").partition(" - at $.")
    if "field " in sentence:
        # "Object contains unknown field x" and "missing required field x" name it inside.
        return _refusal(path, sentence[:1].lower() + sentence[1 : 2 * _SHOWN_CHARS])
    expected = sentence.partition(", got ")[0]
    if sentence.startswith("Invalid enum value"):
        expected = "Expected direct, youtube or soundcloud"
    return _refusal(f"{path}.{where}", f"{expected[:1].lower()}{expected[1:]}, got {_shown(item.get(where))}")


def _of_plug(path: str, item: Mapping[str, object]) -> Media:
    """Read an item as plug.dj's interface gave it; the exporter PYE wrote ``type`` and ``id`` instead."""
    number = item.get("format", item.get("type"))
    source = _PLUG_SOURCES.get(number) if type(number) is int else None
    if source is None:
        raise _refusal(f"{path}.format", f"expected 1 (YouTube) or 2 (SoundCloud), got {_shown(number)}")
    source_id = item.get("cid", item.get("id"))
    if type(source_id) is int:
        source_id = str(source_id)
    values: dict[str, Any] = {
        "source": source,
        "source_id": _text(f"{path}.cid", source_id, limits.URL_CHARS),
        # Cut, not refused: nobody can mend a title on a site that is gone.
        "title": _text(f"{path}.title", item.get("title"), None)[: limits.TITLE_CHARS],
        "duration_ms": _seconds(f"{path}.duration", item.get("duration")),
        "thumbnail_url": _image(item.get("image")),
    }
    if item.get("author"):
        values["artist"] = _text(f"{path}.author", item["author"], None)[: limits.TITLE_CHARS]
    return Media(**values)


def _text(path: str, value: object, at_most: int | None) -> str:
    # Characters that are cleaned away count neither for the length nor as a text.
    text = clean(value) if isinstance(value, str) else ""
    if not text:
        raise _refusal(path, f"expected a text, got {_shown(value)}")
    if at_most is not None and len(text) > at_most:
        raise _refusal(path, f"expected at most {at_most} characters, got {len(text)}")
    return text


def _seconds(path: str, value: object) -> int:
    low, high = limits.MEDIA_DURATION_MIN_MS // 1000, limits.MEDIA_DURATION_MAX_MS // 1000
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _refusal(path, f"expected {low} to {high} seconds, got {_shown(value)}")
    return round(value * 1000)


def _image(value: object) -> str | None:
    """Return the picture's address; plug.dj left the scheme out. A broken one is no reason to refuse."""
    if not isinstance(value, str):
        return None
    url = f"https:{value}" if value.startswith("//") else value
    return url if url.startswith(("https://", "http://")) and len(url) <= limits.URL_CHARS else None


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value)[:_SHOWN_CHARS]


def _refusal(path: str, problem: str) -> Rejected:
    message = f"{path}: {problem}" if path else problem
    return Rejected(ErrorCode.BAD_PARAMS, message, field="text")
