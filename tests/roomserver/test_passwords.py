"""Passwords."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from protocol.errors import ErrorCode, Rejected
from roomserver.passwords import PENDING_MAX, RETRY_AFTER_MS, Passwords


class CountingHasher(PasswordHasher):
    """A cheap hasher that notes each check, and can be held up."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=32)
        self.checked: list[str | bytes] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002 - the library's name; it answers True or raises
        """Check, and take note."""
        self.gate.wait()
        self.checked.append(hash)
        self.threads.add(threading.get_ident())
        return super().verify(hash, password)


@pytest.fixture
def hasher() -> CountingHasher:
    """Return a hasher that counts."""
    return CountingHasher()


async def test_right_and_wrong(hasher: CountingHasher) -> None:
    """The right password passes, a wrong one does not, and the hash is salted argon2id."""
    passwords = Passwords(hasher)
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert stored != await passwords.hash("correct horse")
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "correct horse ")
    passwords.close()


async def test_unknown_users_cost_the_same(hasher: CountingHasher) -> None:
    """Without a stored hash one of the same cost is checked, off the loop, and it always fails."""
    passwords = Passwords(hasher)
    stored = await passwords.hash("secret")
    await passwords.verify(stored, "wrong")
    assert not await passwords.verify(None, "secret")
    assert not await passwords.verify(None, "nobody has this password")
    known, *unknown = hasher.checked
    assert len(unknown) == 2
    assert known == stored
    assert {str(one).rsplit("$", 2)[0] for one in unknown} == {stored.rsplit("$", 2)[0]}
    assert threading.get_ident() not in hasher.threads
    passwords.close()


async def test_damaged_hash(hasher: CountingHasher) -> None:
    """A stored value that is no hash lets nobody in."""
    passwords = Passwords(hasher)
    assert not await passwords.verify("not a hash", "secret")
    passwords.close()


async def test_bounded_queue(hasher: CountingHasher) -> None:
    """A flood is told to come back instead of queueing without end; afterwards all is well again."""
    passwords = Passwords(hasher)
    stored = await passwords.hash("secret")
    hasher.gate.clear()
    waiting = [asyncio.create_task(passwords.verify(stored, "secret")) for _ in range(PENDING_MAX)]
    await asyncio.sleep(0)  # lets the tasks take their places
    with pytest.raises(Rejected) as refused:
        await passwords.verify(stored, "secret")
    assert refused.value.code is ErrorCode.OVERLOADED
    assert refused.value.facts == {"retry_after_ms": RETRY_AFTER_MS}
    hasher.gate.set()
    assert all(await asyncio.gather(*waiting))
    assert await passwords.verify(stored, "secret")
    passwords.close()
