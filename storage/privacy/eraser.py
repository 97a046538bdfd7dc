"""
The eraser: all rows of one person, table by table, the account last.

Idempotent: while the account is there, everything may be run again; when it is gone,
everything before it is. What was done is counted in the transaction that did it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import NamedTuple

from protocol.limits import DAY_MS
from protocol.values import Media
from storage.accounts import to_account
from storage.columns import ids_param, to_media
from storage.database import Database, Transaction
from storage.privacy.erasing_copies import CopyEraser, Unblock
from storage.privacy.erasing_log import BATCH, LogEraser, Note, reasoned_plays
from storage.privacy.erasing_tables import TableEraser
from storage.privacy.holds import HeldError, is_account_held
from storage.privacy.keys import Keys
from storage.privacy.reports import AgeReports
from storage.privacy.requests import Requests
from storage.privacy.tombstones import TTL_MS, Tombstones
from storage.privacy.unlinking import GONE, Leaver
from storage.records import StoredAccount


class RoomTie(NamedTuple):
    """
    How a room depends on a person: ``is_host``; ``texts`` are the fields whose words they wrote;
    ``has_fallback`` says that their playlist plays when nobody DJs.
    """

    room_id: str
    is_host: bool
    texts: frozenset[str]
    has_fallback: bool


Alias = Callable[[str | None, str], str]
"""Returns what stands for an account (second) in a room's records (first) while this process lives."""


class Eraser:
    """
    Erases rows of accounts.

    ``resume_ms`` is how long rows keep a place in a stream; ``alias`` finds what a hook recorded
    under a stand-in. After a restart nobody can: that is what those stand-ins are for.
    """

    def __init__(self, db: Database, keys: Keys, *, resume_ms: int, alias: Alias | None = None) -> None:
        self._db = db
        self._keys = keys
        self._requests = Requests(db, keys)
        self._tombstones = Tombstones(db, keys)
        self._reports = AgeReports(db, keys)
        self._resume_ms = resume_ms
        self._alias = alias

    async def leaver(self, account_id: str) -> Leaver:
        """Return who is to be erased: the same pseudonym again after a restart."""
        digest = base64.urlsafe_b64encode(self._keys.mac("subject", "pseudonym", account_id)[:9]).decode()
        return Leaver(account_id, f"{GONE}-{digest}", await reasoned_plays(self._db, account_id))

    async def rows(
        self, leaver: Leaver, request_id: str, now_ms: int, unblock: Unblock = lambda _unwritten: None
    ) -> frozenset[str]:
        """
        Erase every row of a person, and note what was done as receipts of the request.

        ``unblock`` tells the rooms that run what block-lists lose by it.

        Returns the accounts whose playlists may have lost something by it.

        Raises:
            HeldError: a hold on them, or on the owner of this bot, has begun; what is erased stays erased.
            StorageUnavailableError: same; run it again.

        """
        concerned = {"ids": ids_param([leaver.id, *await self._owners_of(leaver.id)])}

        async def note(tx: Transaction, table: str, count: int) -> None:
            # Whatever destroys is counted: so each transaction asks, and is undone where it may not.
            held = await tx.row(_HELD, concerned)
            if held is not None:
                raise HeldError
            if count:
                await self._requests.receive(tx, request_id, {table: count})

        log = LogEraser(self._db, leaver, note, now_ms, self._resume_ms)
        tables = TableEraser(self._db, leaver, note)
        takers = await CopyEraser(self._db, leaver, note).copies(unblock)
        await log.events_of()
        for alias in await self._aliases(leaver.id):
            await LogEraser(self._db, leaver._replace(id=alias), note, now_ms, self._resume_ms).events_of()
        await log.events_about()
        await log.plays()
        await log.votes()
        await self._set_tombstones(leaver.id, request_id, now_ms)
        await tables.sanctions()
        await tables.playlists()
        await tables.the_rest()
        await self._account(leaver.id, note)
        # What a request that was under way wrote meanwhile; nothing can be written any more.
        await log.events_of()
        await log.votes()
        await tables.the_rest()
        return takers

    async def is_held(self, account_id: str) -> bool:
        """Say whether anything of a person, or of a bot of theirs, must not be destroyed yet."""
        everybody = [account_id, *await self.bots_of(account_id)]
        return await self._db.row(_HELD, {"ids": ids_param(everybody)}) is not None

    async def hide(self, account_id: str, now_ms: int) -> None:
        """Let nobody read what a person left, while it waits to be erased."""
        for statement in _HIDE:
            count = BATCH
            while count == BATCH:
                async with self._db.transaction() as tx:
                    count = await tx.execute(statement, {"id": account_id, "now": now_ms, "batch": BATCH})

    async def _owners_of(self, account_id: str) -> list[str]:
        rows = await self._db.rows("SELECT owner_id FROM bots WHERE account_id = :id", {"id": account_id})
        return [row["owner_id"] for row in rows]

    async def bots_of(self, account_id: str) -> list[str]:
        """Return the bots of an owner: they are erased with their owner, as people are."""
        rows = await self._db.rows("SELECT account_id FROM bots WHERE owner_id = :id", {"id": account_id})
        return [row["account_id"] for row in rows]

    async def ties(self, account_id: str) -> list[RoomTie]:
        """Return the rooms that must go on without a person: theirs, and those they wrote in."""
        rows = await self._db.rows(_TIED, {"id": account_id})
        ties = []
        for row in rows:
            texts = frozenset([
                field for field in ("name", "description", "welcome")
                if await self._author(row["id"], field, row["created_by"]) == account_id
            ])  # fmt: skip
            ties.append(RoomTie(row["id"], bool(row["is_host"]), texts, bool(row["has_fallback"])))
        return ties

    async def fallbacks_of(self, account_ids: Iterable[str]) -> dict[str, tuple[Media, ...]]:
        """Return what rooms play that have a playlist of these accounts as fallback, by room."""
        rows = await self._db.rows(_FALLBACKS, {"ids": ids_param(account_ids)})
        found: dict[str, tuple[Media, ...]] = {}
        for row in rows:
            items = () if row["media"] is None else (to_media(row["media"]),)
            found[row["id"]] = found.get(row["id"], ()) + items
        return found

    async def rooms_with(self, account_id: str) -> list[str]:
        """Return the rooms where a person left anything that a room keeps in memory or tells of."""
        rows = await self._db.rows(_SEEN, {"id": account_id})
        return [row["room_id"] for row in rows]

    async def keeps_place(self, room_id: str, account_id: str) -> bool:
        """Say whether a room at rest holds a place for a person, which only the room can give up."""
        row = await self._db.row(
            "SELECT 1 FROM rooms WHERE id = :room AND (instr(waitlist, :id) OR instr(standing, :id))",
            {"room": room_id, "id": account_id},
        )
        return row is not None

    async def _author(self, room_id: str, field: str, creator: str | None) -> str | None:
        """Return who wrote a room's text: the last who changed it, else who made the room."""
        row = await self._db.row(
            f"""
            SELECT actor_id FROM events
            WHERE room_id = :room AND category = 'moderation' AND kind = 'room.updated'
              AND payload ->> '$.{field}' IS NOT NULL
            ORDER BY seq DESC LIMIT 1""",  # noqa: S608 - one of three words
            {"room": room_id},
        )
        return creator if row is None else row["actor_id"]

    async def _aliases(self, account_id: str) -> list[str]:
        """Return under which stand-ins the log has rows of an account."""
        if self._alias is None:
            return []
        rooms = await self._db.rows("SELECT id FROM rooms")
        aliases = [self._alias(room_id, account_id) for room_id in (None, *(row["id"] for row in rooms))]
        rows = await self._db.rows(
            "SELECT DISTINCT actor_id FROM events WHERE actor_id IN (SELECT value FROM json_each(:ids))",
            {"ids": ids_param(aliases)},
        )
        return [row["actor_id"] for row in rows]

    async def _set_tombstones(self, account_id: str, request_id: str, now_ms: int) -> None:
        """Let the name rest, the address of who is banned, and that of who was too young to be here."""
        row = await self._db.row("SELECT * FROM accounts WHERE id = :id", {"id": account_id})
        if row is None:
            return
        account = to_account(row)
        async with self._db.transaction() as tx:
            if account.kind != "guest":
                await self._tombstones.set_name(tx, account.name, now_ms)
            until_ms = await self._banned_until(account, now_ms)
            if until_ms is not None and account.email is not None:
                await self._tombstones.set_email(tx, "email", account.email, now_ms, until_ms)
            request = await self._requests.get(request_id)
            if request is not None and request.basis == "age" and account.email is not None:
                await self._tombstones.set_email(tx, "child", account.email, now_ms, now_ms + TTL_MS["child"])

    async def _banned_until(self, account: StoredAccount, now_ms: int) -> int | None:
        row = await self._db.row(
            """
            SELECT count(*) AS count, max(coalesce(until_ms, :forever)) AS until FROM
              (SELECT until_ms FROM sanctions WHERE account_id = :id AND kind = 'ban'
               UNION ALL SELECT until_ms FROM server_bans WHERE account_id = :id)
            WHERE until_ms IS NULL OR until_ms > :now""",
            {"id": account.id, "now": now_ms, "forever": now_ms + TTL_MS["email"] + DAY_MS},
        )
        return None if row is None or not row["count"] else row["until"]

    async def _account(self, account_id: str, note: Note) -> None:
        async with self._db.transaction() as tx:
            await self._reports.sever(tx, account_id)
            count = await tx.execute("DELETE FROM accounts WHERE id = :id", {"id": account_id})
            await note(tx, "accounts", count)


_HELD = f"SELECT 1 FROM json_each(:ids) WHERE {is_account_held('value')}"  # noqa: S608 - constants

_HIDE = tuple(
    f"""
    UPDATE {table} SET expires_at_ms = :now WHERE id IN
      (SELECT id FROM {table} WHERE {column} = :id AND expires_at_ms > :now LIMIT :batch)"""  # noqa: S608 - constants
    for table, column in (("events", "actor_id"), ("plays", "dj_id"))
)

_TIED = """
SELECT rooms.id, created_by,
  EXISTS (SELECT 1 FROM staff WHERE room_id = rooms.id AND account_id = :id AND role = 'host') AS is_host,
  EXISTS (SELECT 1 FROM playlists WHERE id = fallback_playlist AND account_id = :id) AS has_fallback
FROM rooms
WHERE created_by = :id
  OR id IN (SELECT room_id FROM staff WHERE account_id = :id AND role = 'host')
  OR fallback_playlist IN (SELECT id FROM playlists WHERE account_id = :id)
  OR id IN (SELECT room_id FROM events WHERE actor_id = :id AND category = 'moderation'
            AND kind = 'room.updated')
ORDER BY rooms.id"""

_FALLBACKS = """
SELECT rooms.id, media FROM rooms JOIN playlists ON playlists.id = fallback_playlist
LEFT JOIN playlist_items ON playlist_id = playlists.id
WHERE account_id IN (SELECT value FROM json_each(:ids)) ORDER BY rooms.id, position"""

_SEEN = """
SELECT room_id FROM events WHERE actor_id = :id AND room_id IS NOT NULL
UNION SELECT room_id FROM plays WHERE dj_id = :id
UNION SELECT room_id FROM staff WHERE account_id = :id
UNION SELECT room_id FROM sanctions WHERE account_id = :id OR by_id = :id
UNION SELECT room_id FROM blocked_media WHERE by_id = :id
UNION SELECT id FROM rooms WHERE instr(waitlist, :id) OR instr(standing, :id)
ORDER BY 1"""
