"""
Erasing the words of a person from what others took from them.

Who grabs a play has its title in a playlist, and a block-list names what it refuses. They keep
the media; a title goes unless somebody who did not take it from this person has the same one. An
address that somebody typed is words of theirs as well: the item goes with it, unless others typed it
too, and so do the block and what the log says was blocked.

Who took something from whom is known as long as the vote is. After that a title counts as one that
its owner had too, for a song's name is nobody's; an address that was grabbed does not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from protocol.values import Media
from storage.columns import ids_param, media_column, to_media
from storage.database import Database
from storage.privacy.erasing_log import BATCH, Note
from storage.privacy.unlinking import REMOVED_SOURCE, REMOVED_TITLE, Leaver

_OWN = """
SELECT media FROM plays WHERE dj_id = :id
UNION SELECT media FROM playlist_items WHERE playlist_id IN
  (SELECT id FROM playlists WHERE account_id = :id)"""
_TAKERS = """
SELECT DISTINCT account_id FROM votes WHERE grabbed AND account_id <> :id
  AND play_id IN (SELECT id FROM plays WHERE dj_id = :id)"""
_HELD = """
SELECT playlist_items.id, account_id, media, grabbed FROM playlist_items
JOIN playlists ON playlists.id = playlist_id
WHERE account_id <> :id AND source_id IN (SELECT value FROM json_each(:ids))"""
_PLAYED = """
SELECT DISTINCT dj_id, media FROM plays
WHERE dj_id IS NOT :id AND coalesce(dj_id, '') NOT IN (SELECT value FROM json_each(:takers))
  AND media ->> '$.source_id' IN (SELECT value FROM json_each(:ids))"""
_LOGGED = """
SELECT id FROM events WHERE category = 'moderation' AND kind IN ('media.blocked', 'media.unblocked')
  AND payload ->> '$.detail' IN (SELECT value FROM json_each(:details))"""
_TITLES = "SELECT id, media FROM playlist_items WHERE id IN (SELECT value FROM json_each(:ids))"


class _Words(NamedTuple):
    """Something playable with the words somebody gave it."""

    source: str
    source_id: str
    title: str
    artist: str | None


class Unwritten(NamedTuple):
    """
    What block-lists lose with somebody: entries of addresses that only they brought, and titles that
    only they wrote, each with the source and the id it stands at.
    """

    addresses: frozenset[str]
    titles: frozenset[tuple[str, str, str]]


Unblock = Callable[[Unwritten], None]
"""Tells the rooms that run, before storage forgets it."""


def _words(row: sqlite3.Row) -> _Words:
    media = to_media(row["media"])
    return _Words(media.source, media.source_id, media.title, media.artist)


class CopyEraser:
    """Works while the plays still name the person; methods as in ``LogEraser``."""

    def __init__(self, db: Database, leaver: Leaver, note: Note) -> None:
        self._db = db
        self._leaver = leaver
        self._note = note

    async def copies(self, unblock: Unblock) -> frozenset[str]:
        """
        Take the words that only this person wrote from playlists and block-lists of others.

        Returns who took something of theirs: what they would play next must be read again.
        """
        own = {"id": self._leaver.id}
        written = {_words(row) for row in await self._db.rows(_OWN, own)}
        if not written:
            return frozenset()
        same = {**own, "ids": ids_param({one.source_id for one in written})}
        takers = {row["account_id"] for row in await self._db.rows(_TAKERS, own)}
        played = await self._db.rows(_PLAYED, {**same, "takers": ids_param(takers)})
        attested: set[_Words] = set()
        taken: list[tuple[_Words, str]] = []
        copied: set[tuple[str, str]] = set()
        for row in await self._db.rows(_HELD, same):
            words = _words(row)
            # Whoever took an address has not typed it, also when the vote that says from whom is over.
            is_copy = _is_typed(words) and row["grabbed"]
            if is_copy:
                copied.add((row["account_id"], words.source_id))
            if is_copy or row["account_id"] in takers:
                taken.append((words, row["id"]))
            else:
                attested.add(words)
        attested |= {
            words for row in played if (row["dj_id"], (words := _words(row)).source_id) not in copied
        }
        theirs_alone = written - attested
        known = {words.source_id for words in attested}
        addresses = {words.source_id for words in written if _is_typed(words)} - known
        unwritten = Unwritten(
            frozenset(addresses), frozenset((one.source, one.source_id, one.title) for one in theirs_alone)
        )
        unblock(unwritten)
        gone = {ident for words, ident in taken if words.source_id in addresses and _is_typed(words)}
        await self._remove(sorted(gone))
        await self._untitle([ident for words, ident in taken if words in theirs_alone and ident not in gone])
        await self._unblock(unwritten)
        await self._unlog(addresses)
        return frozenset(takers) | {account_id for account_id, _ in copied}

    async def _remove(self, items: list[str]) -> None:
        for start in range(0, len(items), BATCH):
            async with self._db.transaction() as tx:
                count = await tx.execute(
                    "DELETE FROM playlist_items WHERE id IN (SELECT value FROM json_each(:ids))",
                    {"ids": ids_param(items[start : start + BATCH])},
                )
                await self._note(tx, "playlist_items", count)

    async def _untitle(self, items: list[str]) -> None:
        for start in range(0, len(items), BATCH):
            async with self._db.transaction() as tx:
                rows = await tx.rows(_TITLES, {"ids": ids_param(items[start : start + BATCH])})
                for row in rows:
                    await tx.execute(
                        "UPDATE playlist_items SET media = :media WHERE id = :item",
                        {"media": media_column(_untitled(to_media(row["media"]))), "item": row["id"]},
                    )
                await self._note(tx, "playlist_items", len(rows))

    async def _unblock(self, unwritten: Unwritten) -> None:
        async with self._db.transaction() as tx:
            count = await tx.execute(
                """
                DELETE FROM blocked_media
                WHERE source = 'direct' AND source_id IN (SELECT value FROM json_each(:ids))""",
                {"ids": ids_param(unwritten.addresses)},
            )
            for source, source_id, title in unwritten.titles:
                count += await tx.execute(
                    """
                    UPDATE blocked_media SET title = :removed
                    WHERE source = :source AND source_id = :source_id AND title = :title""",
                    {"source": source, "source_id": source_id, "title": title, "removed": REMOVED_TITLE},
                )
            await self._note(tx, "blocked_media", count)

    async def _unlog(self, addresses: set[str]) -> None:
        details = ids_param({f"direct {address}" for address in addresses})
        rows = [] if not addresses else await self._db.rows(_LOGGED, {"details": details})
        for start in range(0, len(rows), BATCH):
            async with self._db.transaction() as tx:
                count = await tx.execute(
                    """
                    UPDATE events SET payload = json_set(payload, '$.detail', :removed)
                    WHERE id IN (SELECT value FROM json_each(:ids))""",
                    {
                        "removed": f"direct {REMOVED_SOURCE}",
                        "ids": ids_param([row["id"] for row in rows[start : start + BATCH]]),
                    },
                )
                await self._note(tx, "events", count)


def _is_typed(words: _Words) -> bool:
    """Say whether a track's address can say anything; a provider's id and the server's own files do not."""
    return words.source == "direct" and not words.source_id.startswith("/")


def _untitled(media: Media) -> Media:
    # The provider's id stays: without it the others could not play what they took.
    return replace(media, title=REMOVED_TITLE, artist=None, thumbnail_url=None)
