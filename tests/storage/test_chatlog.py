"""The chat log: pages back in time, without what was deleted or has expired."""

from __future__ import annotations

from storage.chatlog import ChatLog, ChatPage
from storage.database import Database
from storage.journal import Journal
from storage.records import Writes
from storage.rooms import Rooms
from tests.storage.builders import NOW, add_accounts, add_room, days, erasure, logged, said


async def chat(db: Database, count: int = 5) -> None:
    """Messages by Anna (odd) and Berta (even)."""
    await add_room(db)
    await add_accounts(db, "anna", "berta")
    events = [logged(said(seq, "anna" if seq % 2 else "berta", "hi")) for seq in range(1, count + 1)]
    await Journal(db).commit(Writes(events=events))


def seqs(page: ChatPage) -> list[int]:
    """The seqs of a page."""
    return [message.seq for message in page.messages]


async def test_pages(db: Database) -> None:
    """Pages go back in time, and the last one says that it is."""
    await chat(db)
    log = ChatLog(db)
    newest = await log.page("r1", None, 2, NOW)
    assert (seqs(newest), newest.more) == ([5, 4], True)
    assert newest.messages[0] == said(5, "anna", "hi")
    older = await log.page("r1", 4, 3, NOW)
    assert (seqs(older), older.more) == ([3, 2, 1], False)
    assert await log.page("other", None, 2, NOW) == ChatPage([], more=False)


async def test_has(db: Database) -> None:
    """A message is known in its own room alone, found by the index, and its place is when it was deleted."""
    await chat(db)
    await Journal(db).commit(Writes(erasures=[erasure(before=6, ids=("c3",))]))
    log = ChatLog(db)
    assert [await log.has("r1", message_id) for message_id in ("c1", "c3", "c9")] == [True, True, False]
    assert not await log.has("r2", "c1")


async def test_deleted_are_left_out(db: Database) -> None:
    """A deleted message is in no page, has no author and counts no more."""
    await chat(db)
    await Journal(db).commit(Writes(erasures=[erasure(before=6, ids=("c3",))]))
    log = ChatLog(db)
    assert seqs(await log.page("r1", None, 10, NOW)) == [5, 4, 2, 1]
    assert await log.author("r1", "c3", NOW) is None
    assert await log.count_by_user("r1", "anna", NOW) == 2
    assert await log.count_all("r1", NOW) == 4


async def test_expired_are_hidden(db: Database) -> None:
    """From the millisecond a message expires nothing tells of it, swept or not."""
    await chat(db, 1)
    log = ChatLog(db)
    assert seqs(await log.page("r1", None, 10, NOW + days(30) - 1)) == [1]
    late = NOW + days(30)
    assert seqs(await log.page("r1", None, 10, late)) == []
    assert await log.author("r1", "c1", late) is None
    assert await log.count_by_user("r1", "anna", late) == 0
    assert await log.count_all("r1", late) == 0


async def test_author(db: Database) -> None:
    """The author of a message is known in its room only."""
    await chat(db)
    log = ChatLog(db)
    assert await log.author("r1", "c2", NOW) == "berta"
    assert await log.author("other", "c2", NOW) is None
    assert await log.author("r1", "c9", NOW) is None


async def test_across_epochs(db: Database) -> None:
    """The log goes on over a new epoch."""
    await chat(db, 2)
    await Rooms(db).set_epoch("r1", "e2")
    await Journal(db).commit(Writes(events=[logged(said(3, "anna", "hi"), epoch="e2")]))
    assert seqs(await ChatLog(db).page("r1", None, 10, NOW)) == [3, 2, 1]
