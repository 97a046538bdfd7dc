"""
The guard: what one network may have done that costs the server dearly, and guesses at one account.

Refusals tell nothing of accounts: a name that nobody has is guarded like any other, before
anything is looked up.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Literal

from protocol.errors import ErrorCode, Rejected
from protocol.text import text_key
from roomserver.config import DoorConfig, rate_of
from roomserver.gateway.addresses import ClientAddress
from roomserver.throttle import Throttle, at_rate

Costly = Literal["guests", "registrations", "passwords"]
"""New guests and accounts leave rows behind, and each password costs an argon2 hash."""

_WORDS: dict[Costly, str] = {
    "guests": "new guests",
    "registrations": "registrations",
    "passwords": "passwords",
}


class Guard:
    """Throttles by network, and wrong passwords by account. ``refused`` counts refusals by reason."""

    def __init__(self, config: DoorConfig, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._secret = secrets.token_bytes(16)
        self.refused: Counter[str] = Counter()
        self._by_network: dict[Costly, Throttle] = {}
        self._by_account = Throttle(rate_of(config.wrong_passwords))
        self.set_rules(config)

    def set_rules(self, config: DoorConfig) -> None:
        """Go by other rules from now on; what kept its rate keeps its count."""
        rates: dict[Costly, str] = {
            "guests": config.guests,
            "registrations": config.registrations,
            "passwords": config.passwords,
        }
        self._by_network = {
            what: at_rate(self._by_network.get(what), rate_of(text)) for what, text in rates.items()
        }
        self._by_account = at_rate(self._by_account, rate_of(config.wrong_passwords))

    def _key(self, username: str) -> bytes:
        # Names are not kept in memory for the sake of a counter: an erasure would have to find them.
        return hashlib.blake2b(text_key(username).encode(), key=self._secret, digest_size=16).digest()

    def admit(self, what: Costly, client: ClientAddress) -> None:
        """
        Let a network have something done.

        Raises:
            Rejected: ``rate_limited`` with the time to wait.

        """
        if client.is_exempt:
            return
        self._refuse_after(what, self._by_network[what].take(client.network, self._now_ms()), _WORDS[what])

    def begin_login(self, username: str) -> None:
        """
        Let somebody try a password of an account; each try counts until it proved right.

        Tries on their way count too: a hundred at once are no better than one by one.

        Raises:
            Rejected: ``rate_limited`` with the time to wait.

        """
        wait = self._by_account.take(self._key(username), self._now_ms())
        self._refuse_after("account", wait, "tries at this account")

    def take_back(self, username: str) -> None:
        """Take a try back: the password was right, or was never looked at."""
        self._by_account.give_back(self._key(username), self._now_ms())

    def _refuse_after(self, reason: str, wait_ms: int, words: str) -> None:
        if wait_ms:
            self.refused[reason] += 1
            message = f"expected fewer {words}, wait {-(-wait_ms // 1000)} s"
            raise Rejected(ErrorCode.RATE_LIMITED, message, retry_after_ms=wait_ms)
