"""Passwords: argon2id, off the event loop, in equal time for known and unknown users."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from protocol.errors import ErrorCode, Rejected
from roomserver.config import AuthConfig

_T = TypeVar("_T")

PENDING_MAX = 32
"""Hashes waiting for a thread; a login flood beyond this is told to come back."""
RETRY_AFTER_MS = 5_000


def hasher_of(config: AuthConfig) -> PasswordHasher:
    """Return the hasher that the operator's settings ask for."""
    return PasswordHasher(time_cost=config.argon2_time_cost, memory_cost=config.argon2_memory_kib)


class Passwords:
    """
    Hashes and checks passwords on two threads.

    argon2 releases the interpreter lock, so the loop stays free; the queue is bounded, so
    that a flood of logins costs neither memory nor minutes.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._pending = 0
        self._decoy: str | None = None

    @property
    def pending(self) -> int:
        """How many hashes are under way or waiting for a thread."""
        return self._pending

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await self._off_loop(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Check a password; without a stored hash it takes as long and fails."""
        return await self._off_loop(self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("nobody has this password")
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _off_loop(self, work: Callable[..., _T], *args: object) -> _T:
        if self._pending >= PENDING_MAX:
            raise Rejected(ErrorCode.OVERLOADED, "too many logins at once", retry_after_ms=RETRY_AFTER_MS)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
