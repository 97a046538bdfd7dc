"""
Exporting: everything the database holds of one person, table by table, a page at a time.

The registry names the tables; what is somebody else's, or a secret that would open the account,
stays out. Rows are plain values that JSON can hold.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any, NamedTuple

from storage.database import Database
from storage.fold import parse
from storage.privacy.keeping import Keeping
from storage.privacy.keys import Keys
from storage.privacy.registry import BY_ROW, TABLES, Table

PAGE = 500
"""Rows held in memory at a time."""

HIDDEN = frozenset(
    {
        "password_hash",
        "token_hash",
        "address_key",
        "network_key",
        "name_key",
        "name_skeleton",
        "subject",
        "account_id",
    }
)
"""Columns left out: secrets, keyed hashes, other spellings of the name, the own id over and over."""

OWNED_BY: dict[str, tuple[str, ...]] = {
    # Whom somebody ignores is theirs; who ignores them is not.
    "ignores": ("account_id",),
    # Who reported somebody must not be found out, not even that somebody did.
    "age_reports": (),
    # What staff did to others is the others'; what was done to oneself is one's own.
    "sanctions": ("account_id",),
    "bots": ("owner_id",),
    "plays": ("dj_id",),
}
"""By which columns rows are a person's own, where those that name people would be too many."""

ORDERS = {"events": ["category", "id"]}
"""Where the key is not the order in which an index has a person's rows."""

_OF_OTHERS = ("previous", "waitlist")
"""Parts of the events of a DJ that tell of other people."""

_ROOMS_OF_OTHERS = frozenset({"waitlist", "standing"})
"""Columns of a room that tell who waits with what, keeps a place, voted for a skip, reported a track."""

_ABOUT = """
SELECT * FROM events WHERE category = 'moderation' AND expires_at_ms > :now
  AND payload ->> '$.user."$user"' = :id AND actor_id IS NOT :id AND id > :after
ORDER BY id LIMIT :limit"""
_ITEMS = """
SELECT playlist_items.* FROM playlist_items JOIN playlists ON playlists.id = playlist_id
WHERE account_id = :id AND (playlist_id, position, playlist_items.id) > (:playlist, :position, :item)
ORDER BY playlist_id, position, playlist_items.id LIMIT :limit"""


class Part(NamedTuple):
    """One file of the archive: its name, and the categories of what is in it."""

    name: str
    categories: tuple[str, ...]


def parts_of_tables() -> list[Part]:
    """Return the files of an archive that are made of tables."""
    named = [Part(name, _categories(table)) for name, table in TABLES.items() if _owners(name, table)]
    return [*named, Part("playlist_items", ("account",)), Part("moderation_of_me", ("moderation",))]


class Exporter:
    """Reads one person's data."""

    def __init__(
        self, db: Database, keys: Keys, account_id: str, now_ms: int, keeping: Keeping | None = None
    ) -> None:
        self._db = db
        self._keeping = Keeping() if keeping is None else keeping
        self._account_id = account_id
        self._subject = keys.mac("subject", account_id)
        self._now_ms = now_ms

    def parts(self) -> list[Part]:
        """Return the files of an archive; ``hooks`` is among them where a hook has anything to give."""
        kept = self._keeping.categories()
        return [*parts_of_tables(), *([Part("hooks", kept)] if kept else [])]

    async def pages(self, part: Part) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the rows of a file, at most :data:`PAGE` at a time."""
        if part.name == "playlist_items":
            async for rows in self._items():
                yield rows
        elif part.name == "moderation_of_me":
            async for rows in self._about_me():
                yield rows
        elif part.name == "hooks":
            kept = self._keeping.export(self._account_id)
            while rows := list(islice(kept, PAGE)):
                yield rows
        else:
            async for rows in self._table(part.name):
                yield rows

    async def _table(self, name: str) -> AsyncIterator[list[dict[str, Any]]]:
        table = TABLES[name]
        guard = " AND expires_at_ms > :now" if table.is_log else ""
        own = " OR ".join(f"{column} = :{_param(table, column)}" for column in _owners(name, table))
        keys = ORDERS.get(name) or [row["name"] for row in await self._db.rows(_KEYS, {"table": name})]
        order = ", ".join(keys)
        marks = ", ".join(f":k{place}" for place in range(len(keys)))
        last: list[Any] | None = None
        while True:
            after = f" AND ({order}) > ({marks})" if last is not None else ""
            sql = f"SELECT * FROM {name} WHERE ({own}){guard}{after} ORDER BY {order} LIMIT :limit"  # noqa: S608 - names of the registry
            params = {f"k{place}": value for place, value in enumerate(last or ())}
            rows = await self._db.rows(sql, {**self._params(), **params})
            yield [_plain(name, row) for row in rows]
            if len(rows) < PAGE:
                return
            last = [rows[-1][key] for key in keys]

    async def _items(self) -> AsyncIterator[list[dict[str, Any]]]:
        last = {"playlist": "", "position": 0, "item": ""}
        while True:
            rows = await self._db.rows(_ITEMS, {**self._params(), **last})
            yield [_plain("playlist_items", row) for row in rows]
            if len(rows) < PAGE:
                return
            end = rows[-1]
            last = {"playlist": end["playlist_id"], "position": end["position"], "item": end["id"]}

    async def _about_me(self) -> AsyncIterator[list[dict[str, Any]]]:
        after = 0
        while True:
            rows = await self._db.rows(_ABOUT, {**self._params(), "after": after})
            yield [_plain("events", row) for row in rows]
            if len(rows) < PAGE:
                return
            after = rows[-1]["id"]

    def _params(self) -> dict[str, Any]:
        return {
            "id": self._account_id,
            "subject": self._subject,
            "now": self._now_ms,
            "limit": PAGE,
        }


_KEYS = "SELECT name FROM pragma_table_info(:table) WHERE pk > 0 ORDER BY pk"


def _owners(name: str, table: Table) -> tuple[str, ...]:
    return (*OWNED_BY.get(name, table.people), *table.keyed)


def _param(table: Table, column: str) -> str:
    return "subject" if column in table.keyed else "id"


def _categories(table: Table) -> tuple[str, ...]:
    labels = {label for label in table.columns.values() if label not in {"plain", "room"}}
    return tuple(sorted(labels - {BY_ROW})) if BY_ROW not in labels else ("chat", "video", "moderation")


def _plain(name: str, row: sqlite3.Row) -> dict[str, Any]:
    """Return a row as JSON can hold it; documents inside it as documents."""
    hidden = HIDDEN - {"account_id"} if name == "bots" else HIDDEN
    if name == "rooms":
        hidden |= _ROOMS_OF_OTHERS
    fields = {key: _value(row[key]) for key in row.keys() if key not in hidden}  # noqa: SIM118 - a Row iterates values
    if name == "events":
        payload = parse(row["payload"])
        fields["payload"] = {key: value for key, value in payload.items() if key not in _OF_OTHERS}
    elif "media" in fields:
        fields["media"] = parse(row["media"])
    return fields


def _value(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def line(row: dict[str, Any]) -> bytes:
    """Return a row as a line of NDJSON."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
