"""Restamps: shorter times reach older rows after the cool-off, longer ones never."""

from __future__ import annotations

from typing import Any

from protocol.events import PlayStarted
from protocol.limits import DAY_MS, HOUR_MS
from storage.accounts import Accounts
from storage.database import Database
from storage.journal import Journal
from storage.privacy.hooks import HookChain
from storage.privacy.policyfile import policy_of
from storage.privacy.recorder import InForce, Recorder
from storage.privacy.restamps import Restamps
from storage.privacy.revisions import adopt, current
from storage.privacy.subjects import Subjects
from storage.privacy.versions import held_at
from storage.records import ConnectionRow, Writes
from tests.storage.builders import NOW, add_accounts, add_room, begun, days, ended, logged, play, said, voted

DUE = NOW + 72 * HOUR_MS
SHORT: dict[str, Any] = {"category": {"chat": {"ttl": "7d"}, "video": {"ttl": "10d"}, "votes": {"ttl": "5d"}}}
LONG: dict[str, Any] = {
    "category": {"chat": {"ttl": "90d"}},
    "jurisdiction": {"DEFAULT": {"chat": {"ceiling": "90d"}}},
}


def restamps(db: Database, document: dict[str, Any]) -> Restamps:
    """Return restamps under a policy."""
    return Restamps(db, Recorder(InForce(policy_of(document), 2), HookChain(), Subjects()))


async def filled(db: Database) -> None:
    """Record messages of two rooms, a play and votes."""
    await add_accounts(db, "anna", "berta")
    await add_room(db)
    await add_room(db, "r2")
    events = [logged(said(seq, "anna", "hi")) for seq in range(1, 1203)]
    await Journal(db).commit(
        Writes(
            events=events,
            plays=[begun("a"), ended("a")],
            votes=[voted("a", "anna", 1), voted("a", "berta", 1)],
        )
    )


async def carry_out(job: Restamps, now_ms: int) -> int:
    """Carry out all that is due; return how many rows became shorter."""
    shortened = 0
    while (count := await job.step(now_ms)) is not None:
        shortened += count
    return shortened


async def ends(db: Database, table: str, column: str = "expires_at_ms") -> set[int]:
    """Return when the rows of a table are over, or something in them, in days from now."""
    rows = await db.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
    return {(row[0] - NOW) // DAY_MS for row in rows}


async def test_a_shorter_policy_after_the_cool_off(db: Database) -> None:
    """Every row of every table gets the shorter time, when it is due and not before."""
    await filled(db)
    job = restamps(db, SHORT)
    await job.ask(NOW, DUE)
    assert await carry_out(job, DUE - 1) == 0
    assert (await ends(db, "events"), await ends(db, "plays"), await ends(db, "votes")) == ({30}, {90}, {30})
    assert await carry_out(job, DUE) == 1202 + 1 + 2
    assert (await ends(db, "events"), await ends(db, "plays"), await ends(db, "votes")) == ({7}, {10}, {5})
    assert await job.waiting() == []


async def test_taken_back_in_time(db: Database) -> None:
    """When it is due, the policy of that day decides: one that was taken back shortens nothing."""
    await filled(db)
    await restamps(db, SHORT).ask(NOW, DUE)
    assert await carry_out(restamps(db, {}), DUE) == 0
    assert await ends(db, "events") == {30}


async def test_never_longer(db: Database) -> None:
    """A longer policy leaves every older row its old promise."""
    await filled(db)
    job = restamps(db, LONG)
    await job.ask(NOW, NOW)
    assert await carry_out(job, NOW) == 0
    assert await ends(db, "events") == {30}


async def test_of_one_room(db: Database) -> None:
    """A room's choice reaches its own rows alone; a later choice takes the place of the first."""
    await filled(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE events SET room_id = 'r2' WHERE seq > 1000")
        await tx.execute("UPDATE rooms SET chat_ttl_ms = ? WHERE id = 'r2'", (days(2),))
    job = restamps(db, {})
    await job.ask(NOW, DUE, room_id="r2")
    await job.ask(NOW, DUE + 1, room_id="r2")
    assert [one.due_at_ms for one in await job.waiting()] == [DUE + 1]
    assert await carry_out(job, DUE + 1) == 202
    assert await ends(db, "events") == {2, 30}


async def test_of_one_person(db: Database) -> None:
    """Who moves to a stricter country takes it along for what they left here, and nobody else's rows."""
    await filled(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE accounts SET country = 'DE' WHERE id = 'anna'")
    job = restamps(db, {"jurisdiction": {"DE": {"votes": {"ceiling": "3d"}}}})
    await job.ask(NOW, NOW, account_id="anna")
    assert await carry_out(job, NOW) == 1
    assert await ends(db, "votes") == {3, 30}


async def test_titles_and_addresses(db: Database) -> None:
    """What ends sooner than its row, titles and addresses, gets its own shorter time with it."""
    await filled(db)
    address = ConnectionRow("anna", NOW, "203.0.113.9", "203.0.113.0/24", None, "x", "y", NOW + days(7), 0, 1)
    started = logged(
        PlayStarted(room="r1", seq=2000, at_ms=NOW, play=play("a", "anna"), previous=None, waitlist=[])
    )
    await Journal(db).commit(
        Writes(
            events=[started._replace(media_expires_at_ms=NOW + days(28))],
            connections=[address._replace(expires_at_ms=NOW + days(28))],
        )
    )
    job = restamps(db, {"category": {"media": {"ttl": "9d"}, "connections": {"raw": "2d"}}})
    await job.ask(NOW, NOW)
    assert await carry_out(job, NOW) == 1 + 1 + 1
    assert await ends(db, "plays", "media_expires_at_ms") == {9}
    assert await ends(db, "events", "media_expires_at_ms") == {9}
    assert await ends(db, "connections", "raw_until_ms") == {2}
    assert (await ends(db, "plays"), await ends(db, "connections")) == ({90}, {28})
    longer = restamps(db, {"category": {"media": {"ttl": "28d"}}})
    await longer.ask(NOW, NOW)
    assert await carry_out(longer, NOW) == 0


async def test_titles_that_went(db: Database) -> None:
    """A title that is gone gets no new time, and its row does."""
    await filled(db)
    async with db.transaction() as tx:
        await tx.execute("UPDATE plays SET media_expires_at_ms = NULL")
    job = restamps(db, {"category": {"media": {"ttl": "9d"}, "video": {"ttl": "10d"}}})
    await job.ask(NOW, NOW)
    await carry_out(job, NOW)
    rows = await db.rows("SELECT expires_at_ms - :now AS kept, media_expires_at_ms FROM plays", {"now": NOW})
    assert [tuple(row) for row in rows] == [(days(10), None)]


async def test_moving_asks(db: Database) -> None:
    """Another country asks for a restamp in its own transaction; the same one, and other changes, do not."""
    await add_accounts(db, "anna", "berta")
    accounts = Accounts(db)
    job = restamps(db, {})
    await accounts.move("anna", "DE")
    await accounts.move("anna", "CH")
    assert [(one.account_id, one.room_id) for one in await job.waiting()] == [("anna", None)]
    assert await carry_out(job, NOW) == 0
    await accounts.move("anna", "CH")
    await accounts.update("anna", bio="hello")
    await accounts.move("berta", "")
    assert await job.waiting() == []


async def test_a_crash_in_between(db: Database) -> None:
    """Carried out by one process after another, batch by batch, every row is reached."""
    await filled(db)
    await restamps(db, SHORT).ask(NOW, NOW)
    while await restamps(db, SHORT).step(NOW) is not None:
        pass
    assert await ends(db, "events") == {7}


async def test_revisions_rise_with_decisions(db: Database) -> None:
    """Another decision is another revision; the same one written otherwise is not."""
    assert await current(db) is None
    first = await adopt(db, policy_of({}), NOW)
    assert (first.in_force.rev, first.before) == (1, None)
    assert (await held_at(db, NOW)).watched_since_ms is None
    same = await adopt(db, policy_of({"category": {"chat": {"ttl": "720h"}}}), NOW + 1)
    assert (same.in_force.rev, same.before) == (1, None)
    other = await adopt(db, policy_of(SHORT), NOW + 2)
    assert (other.in_force.rev, (await held_at(db, NOW + 2)).watched_since_ms) == (2, NOW + 2)
    assert other.before == policy_of({})
    stored = await current(db)
    assert stored is not None
    assert stored.in_force == other.in_force
    back = await adopt(db, policy_of({}), NOW + 3)
    assert back.in_force.rev == 3
