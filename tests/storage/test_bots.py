"""Bots: bounded, known by a token, and gone with their owner."""

from __future__ import annotations

import pytest

from protocol.limits import BOTS_PER_USER
from storage.accounts import Accounts
from storage.bots import TOKEN_TTL_MS, Bots, OwnedBot
from storage.database import Database
from storage.errors import LimitReachedError, NameTakenError, NotFoundError
from storage.privacy.holds import nothing_held
from storage.privacy.hooks import HookChain
from storage.privacy.sweeper import Sweeper
from storage.sessions import Sessions
from tests.storage.builders import NOW, account, add_accounts, add_room

HASH = b"h" * 32


async def make(db: Database, ident: str, owner: str = "anna", token_hash: bytes = HASH) -> OwnedBot:
    """Add a bot that may chat."""
    bots = Bots(db)
    return await bots.create(
        owner, account(ident, kind="bot"), ["chat.write", "chat.read"], token_hash + ident.encode()
    )


async def counts(db: Database) -> dict[str, int]:
    """Count what a bot leaves in the tables."""
    found = {}
    for table in ("accounts", "bots", "sessions", "staff"):
        row = await db.row(f"SELECT count(*) FROM {table}")
        assert row is not None
        found[table] = row[0]
    return found


async def test_create(db: Database) -> None:
    """A bot is an account with scopes and a token that lives a year from its last use."""
    await add_accounts(db, "anna", "berta")
    made = await make(db, "robo")
    [listed] = await Bots(db).of_owner("anna", NOW)

    assert listed == made
    assert listed.account.kind == "bot"
    assert listed.scopes == {"chat.read", "chat.write"}
    assert listed.token_expires_at_ms == NOW + TOKEN_TTL_MS
    assert await Bots(db).of_owner("berta", NOW) == []
    found = await Sessions(db).find(HASH + b"robo", NOW)
    assert found is not None
    assert found.account.id == "robo"


async def test_token_lives_on(db: Database) -> None:
    """Each login moves the end of the token; one that is not used ends, and the list says so."""
    await add_accounts(db, "anna")
    await make(db, "robo")
    later = NOW + TOKEN_TTL_MS - 1
    assert await Bots(db).log_in("robo", HASH + b"robo", later) == {"chat.read", "chat.write"}
    [bot] = await Bots(db).of_owner("anna", later)
    assert bot.token_expires_at_ms == later + TOKEN_TTL_MS
    [bot] = await Bots(db).of_owner("anna", later + TOKEN_TTL_MS)
    assert bot.token_expires_at_ms is None


async def test_limit(db: Database) -> None:
    """A user has so many bots; nothing of one more is kept, and those of others do not count."""
    await add_accounts(db, "anna", "berta")
    for number in range(BOTS_PER_USER):
        await make(db, f"robo{number}")
    before = await counts(db)
    with pytest.raises(LimitReachedError) as reached:
        await make(db, "robo-more")

    assert reached.value.limit == BOTS_PER_USER
    assert await counts(db) == before
    await make(db, "robo-b", owner="berta")


async def test_name_taken(db: Database) -> None:
    """A bot looks like nobody else; nothing is added."""
    await add_accounts(db, "anna")
    before = await counts(db)
    with pytest.raises(NameTakenError):
        await Bots(db).create("anna", account("x", "ANNA", kind="bot"), [], HASH)
    assert await counts(db) == before


async def test_revoke(db: Database) -> None:
    """A revoked bot leaves nothing that could log in, and only its owner revokes it."""
    await add_accounts(db, "anna", "berta")
    await add_room(db, "r1")
    before = await counts(db)
    await make(db, "robo")
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO staff VALUES ('r1', 'robo', 'bouncer', 1)")
    with pytest.raises(NotFoundError, match="no bot 'robo'"):
        await Bots(db).revoke("berta", "robo")
    await Bots(db).revoke("anna", "robo")

    assert await counts(db) == before
    assert await Sessions(db).find(HASH + b"robo", NOW) is None
    with pytest.raises(NotFoundError):
        await Bots(db).log_in("robo", HASH + b"robo", NOW)
    with pytest.raises(NotFoundError):
        await Bots(db).revoke("anna", "robo")


async def test_revoke_what_is_held(db: Database) -> None:
    """A held bot is out and in no list at once, as if it were gone; it goes when the hold has ended."""
    await add_accounts(db, "anna")
    before = await counts(db)
    await make(db, "robo")
    await db.ask_before_destroying(lambda doomed: doomed.account_id == "robo")
    await Bots(db).revoke("anna", "robo")

    assert await Sessions(db).find(HASH + b"robo", NOW) is None
    assert await Bots(db).of_owner("anna", NOW) == []
    assert await Accounts(db).users(["robo"]) == {}
    with pytest.raises(NotFoundError):
        await Bots(db).revoke("anna", "robo")
    await Sweeper(db, HookChain()).sweep(NOW)
    assert (await counts(db))["bots"] == before["bots"] + 1
    await db.ask_before_destroying(nothing_held)
    await Sweeper(db, HookChain()).sweep(NOW)
    assert await counts(db) == before


@pytest.mark.parametrize("whose", ["anna", "robo"])
async def test_goes_with_an_account(db: Database, whose: str) -> None:
    """Deleting the owner's account, or the bot's own, leaves nothing of the bot."""
    await add_accounts(db, "anna")
    await make(db, "robo")
    await Accounts(db).delete(whose)

    assert await Accounts(db).by_id("robo") is None
    after = await counts(db)
    assert (after["bots"], after["sessions"]) == (0, 0)


async def test_unknown_scopes(db: Database) -> None:
    """A scope that this version does not know grants nothing, and does no harm."""
    await add_accounts(db, "anna")
    await make(db, "robo")
    async with db.transaction() as tx:
        await tx.execute("""UPDATE bots SET scopes = '["chat.read", "fly"]'""")

    assert await Bots(db).log_in("robo", HASH + b"robo", NOW) == {"chat.read"}


async def test_owner_of(db: Database) -> None:
    """A bot knows whose it is; people, and bots that were revoked, are nobody's."""
    await add_accounts(db, "anna")
    await make(db, "robo")
    bots = Bots(db)
    assert (await bots.owner_of("robo"), await bots.owner_of("anna")) == ("anna", None)
    await bots.revoke("anna", "robo")
    assert await bots.owner_of("robo") is None
