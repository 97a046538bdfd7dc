"""JSON columns read back what was written."""

from __future__ import annotations

import json

from storage.columns import ids_param, media_column, to_media, to_waitlist, waitlist_column
from storage.records import WaitingRecord
from tests.storage.builders import media


def test_media() -> None:
    """Media survives, and leaves out what it has not."""
    one = media("a", artist="B", start_ms=5)
    assert to_media(media_column(one)) == one
    assert "thumbnail_url" not in json.loads(media_column(one))


def test_waitlist() -> None:
    """A waitlist survives in order."""
    waitlist = [WaitingRecord(user_id="u", media=media("a")), WaitingRecord(user_id="v", playlist_id="p")]
    assert to_waitlist(waitlist_column(waitlist)) == waitlist


def test_empty_waitlist() -> None:
    """An empty waitlist is what the schema's default is: queries for waiting people compare with it."""
    assert waitlist_column(()) == "[]"


def test_ids() -> None:
    """Ids become one JSON array."""
    assert json.loads(ids_param(["a", "b"])) == ["a", "b"]
