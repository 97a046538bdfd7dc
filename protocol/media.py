"""What makes a media value playable, beyond its shape."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from msgspec.structs import replace

from protocol import limits
from protocol.errors import ErrorCode, Rejected
from protocol.text import checked_text
from protocol.values import Media

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_OWN_PATH = re.compile(r"/media/[A-Za-z0-9._/-]+")


def checked(media: Media, field: str = "media") -> Media:
    """
    Return the media with clean texts.

    Raises:
        Rejected: ``bad_params`` naming the field, when the source cannot be played or the
            trim leaves nothing.

    """
    _check_source(media, field)
    start, end = media.start_ms or 0, media.end_ms if media.end_ms is not None else media.duration_ms
    if not start < end <= media.duration_ms:
        raise Rejected(
            ErrorCode.BAD_PARAMS,
            f"expected start_ms < end_ms <= {media.duration_ms}, got {start} and {end}",
            field=f"{field}.end_ms",
        )
    title = checked_text(media.title, limits.TITLE_CHARS, f"{field}.title")
    if not title:
        raise Rejected(ErrorCode.BAD_PARAMS, "expected a title, got only white space", field=f"{field}.title")
    artist = checked_text(media.artist or "", limits.TITLE_CHARS, f"{field}.artist")
    return replace(media, title=title, artist=artist or None)


def _check_source(media: Media, field: str) -> None:
    path = f"{field}.source_id"
    match media.source:
        case "direct":
            if _OWN_PATH.fullmatch(media.source_id) and ".." not in media.source_id:
                return
            try:
                parts = urlsplit(media.source_id)
                valid = (
                    parts.scheme in {"http", "https"}
                    and bool(parts.hostname)
                    and "@" not in parts.netloc
                    # urlsplit drops line feeds and tabs before it looks.
                    and media.source_id.isprintable()
                    and " " not in media.source_id
                )
            except ValueError:
                valid = False
            if not valid:
                raise Rejected(
                    ErrorCode.BAD_PARAMS,
                    f"expected an http(s) URL without a login, got {media.source_id[:64]!r}",
                    field=path,
                )
        case "youtube":
            if not _YOUTUBE_ID.fullmatch(media.source_id):
                raise Rejected(
                    ErrorCode.BAD_PARAMS,
                    f"expected a YouTube video id of 11 characters, got {media.source_id[:64]!r}",
                    field=path,
                )
        case "soundcloud":
            if not re.fullmatch(r"[A-Za-z0-9_/-]{1,200}", media.source_id):
                raise Rejected(
                    ErrorCode.BAD_PARAMS,
                    f"expected a SoundCloud track, got {media.source_id[:64]!r}",
                    field=path,
                )


def span_ms(media: Media) -> tuple[int, int]:
    """Return where a play of the media starts and how long it lasts, trim respected."""
    start = media.start_ms or 0
    end = media.duration_ms if media.end_ms is None else media.end_ms
    return start, end - start
