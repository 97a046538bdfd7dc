"""Identity: guests, accounts, logins."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from protocol.commands import Birth, SessionGuest, SessionLogin, SessionRegister
from protocol.errors import ErrorCode, Rejected
from roomserver.clock import ServerClock
from roomserver.identity import Identity, Stores, new_id, new_token, token_hash
from roomserver.passwords import Passwords
from roomserver.privacy.door import Door
from storage.accounts import Accounts
from storage.bots import Bots
from storage.database import Database
from storage.errors import NameTakenError, StorageUnavailableError
from storage.journal import Journal
from storage.privacy.keys import Keys
from storage.privacy.recorder import shipped_recorder
from storage.privacy.standing import Standings
from storage.privacy.tombstones import Tombstones
from storage.sessions import SESSION_TTL_MS, Sessions

PASSWORD = "correct horse"
T0 = 1_800_000_000_000
"""In January 2027."""


class ManualClock(ServerClock):
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        super().__init__("manual")
        self.at_ms = T0

    def now_us(self) -> int:
        """Return the instant that was set."""
        return self.at_ms * 1000


class Office:
    """An identity on a database of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.accounts = Accounts(database)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=32))
        stores = Stores(self.accounts, Sessions(database), Journal(database), Bots(database))
        keys = Keys(database.path.parent)
        standings, tombstones = Standings(database, keys), Tombstones(database, keys)
        door = Door(database, standings, tombstones, shipped_recorder(), self.clock.now_ms)
        self.identity = Identity(stores, self.passwords, self.clock, door)

    async def files(self) -> bytes:
        """Return every byte the database has written."""
        folder = self.database.path.parent
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Return an identity on a fresh database."""
    database = await Database.open(tmp_path / "x.db")
    office = Office(database)
    yield office
    office.passwords.close()
    await database.close()


def registration(name: str = "ann", year: int = 1990, *, accept: bool = True) -> SessionRegister:
    """Return a request for an account."""
    birth = Birth(year=year, month=2, day=3)
    return SessionRegister(username=name, password=PASSWORD, birth=birth, accept_policy=accept)


async def code_of(refused: object) -> ErrorCode:
    """Return with which word something is refused."""
    with pytest.raises(Rejected) as caught:
        await refused  # type: ignore[misc]  # every coroutine of identity
    return caught.value.code


async def test_guest(office: Office) -> None:
    """A guest gets the wished name or a free one, and a session that ends by itself."""
    named = await office.identity.guest(SessionGuest(name="Zoë"))
    assert named.session.user.name == "Zoë"
    assert named.session.user.kind == "guest"
    assert named.session.policy_accepted_rev is None
    assert named.session.expires_at_ms == T0 + SESSION_TTL_MS
    unnamed = await office.identity.guest(SessionGuest())
    assert unnamed.session.user.name.startswith("guest-")
    with pytest.raises(NameTakenError):
        await office.identity.guest(SessionGuest(name="ZOË"))


async def test_register_and_login(office: Office) -> None:
    """An account can be logged in to under any spelling of its name, each time with a new token."""
    first = await office.identity.register(registration("Ann"))
    again = await office.identity.login(SessionLogin(username="aNN", password=PASSWORD))
    assert first.session.user == again.session.user
    assert first.session.token != again.session.token
    assert first.session.expires_at_ms == T0 + SESSION_TTL_MS
    assert first.session.policy_accepted_rev is not None


async def test_secrets_are_not_stored(office: Office) -> None:
    """Neither token nor password nor birth date is anywhere in the files."""
    login = await office.identity.register(registration(year=1977))
    files = await office.files()
    assert login.session.token.encode() not in files
    assert PASSWORD.encode() not in files
    assert b"1977" not in files
    assert token_hash(login.session.token) in files


async def test_unknown_user_looks_like_wrong_password(office: Office) -> None:
    """Both are refused with the same words."""
    await office.identity.register(registration())
    words = set()
    for name, password in (("ann", "wrong horse"), ("nobody", PASSWORD)):
        with pytest.raises(Rejected) as refused:
            await office.identity.login(SessionLogin(username=name, password=password))
        words.add(str(refused.value))
        assert refused.value.facts == {}
    assert len(words) == 1


async def test_guests_have_no_password(office: Office) -> None:
    """Nobody logs in as a guest."""
    await office.identity.guest(SessionGuest(name="gus"))
    login = office.identity.login(SessionLogin(username="gus", password=""))
    assert await code_of(login) is ErrorCode.INVALID_CREDENTIALS


async def test_refused_registrations(office: Office) -> None:
    """A child, a taken name and an unread policy make no account."""
    identity = office.identity
    assert await code_of(identity.register(registration(year=2020))) is ErrorCode.REGISTRATION_REFUSED
    refused = await code_of(identity.register(registration(accept=False)))
    assert refused is ErrorCode.POLICY_REACCEPT_REQUIRED
    assert await code_of(identity.register(registration("admin"))) is ErrorCode.NAME_TAKEN
    assert await office.accounts.by_name("ann") is None
    await identity.register(registration())
    with pytest.raises(NameTakenError):
        await identity.register(registration("ANN"))


async def test_resume(office: Office) -> None:
    """A token works until its session ends or expires, and an unknown one never does."""
    login = await office.identity.register(registration())
    token = login.session.token
    resumed = await office.identity.resume(token)
    assert resumed == login
    office.clock.at_ms += SESSION_TTL_MS
    assert await code_of(office.identity.resume(token)) is ErrorCode.INVALID_CREDENTIALS
    assert await code_of(office.identity.resume("unknown")) is ErrorCode.INVALID_CREDENTIALS


async def test_a_session_that_is_used_lives_on(office: Office) -> None:
    """Who comes back before a session's time is over has all of it again, as often as they like."""
    token = (await office.identity.register(registration())).session.token
    for _ in range(3):
        office.clock.at_ms += SESSION_TTL_MS - 1
        resumed = await office.identity.resume(token)
        assert resumed.session.expires_at_ms == office.clock.at_ms + SESSION_TTL_MS
    before = await office.identity.resume(token)
    office.clock.at_ms += SESSION_TTL_MS // 2
    assert await office.identity.resume(token) == before
    office.clock.at_ms += SESSION_TTL_MS // 2
    assert await code_of(office.identity.resume(token)) is ErrorCode.INVALID_CREDENTIALS


async def test_a_full_disk_keeps_nobody_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that cannot be made to last longer is gone on with as it is."""
    login = await office.identity.register(registration())
    office.clock.at_ms += SESSION_TTL_MS - 1

    async def full(_sessions: Sessions, _hashed: bytes, _now_ms: int) -> bool:
        raise StorageUnavailableError(OSError("no space left on device"))

    monkeypatch.setattr(Sessions, "live_on", full)
    assert await office.identity.resume(login.session.token) == login


async def test_end(office: Office) -> None:
    """Ending one session leaves the others; ending all leaves none."""
    one = await office.identity.register(registration())
    two = await office.identity.login(SessionLogin(username="ann", password=PASSWORD))
    await office.identity.end(one.token_hash)
    assert await code_of(office.identity.resume(one.session.token)) is ErrorCode.INVALID_CREDENTIALS
    await office.identity.resume(two.session.token)
    await office.identity.end_all(two.session.user.id)
    assert await code_of(office.identity.resume(two.session.token)) is ErrorCode.INVALID_CREDENTIALS


async def test_new_password(office: Office) -> None:
    """A new password needs the current one."""
    await office.identity.register(registration())
    account = await office.accounts.by_name("ann")
    assert account is not None
    wrong = office.identity.new_password(account, "wrong", "new password")
    assert await code_of(wrong) is ErrorCode.INVALID_CREDENTIALS
    missing = office.identity.new_password(account, None, "new password")
    assert await code_of(missing) is ErrorCode.INVALID_CREDENTIALS
    hashed = await office.identity.new_password(account, PASSWORD, "new password")
    assert await office.passwords.verify(hashed, "new password")


@pytest.mark.parametrize("make", [new_id, new_token])
def test_words_are_no_options(monkeypatch: pytest.MonkeyPatch, make: Callable[[], str]) -> None:
    """No id and no token begins with a dash, so that it can be given to a command line as it is."""
    made = iter(["-dashed", "-again", "plain"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: next(made))
    assert make() == "plain"
