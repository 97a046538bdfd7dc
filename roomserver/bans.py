"""
Bans from the whole server, in force: whose connections are closed, and who can do no more then than
look after their own data. That is a right of theirs, also to a copy and an erasure; their bots have none.

Kept in memory, for every connection and every sign-in is looked up. Networks are looked up by
keyed hashes, one for each length of prefix that is banned, so that no address is kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from protocol.errors import CloseCode, ErrorCode, Rejected
from roomserver.gateway.addresses import NETWORK_BITS, ClientAddress
from roomserver.gateway.connection import Connection
from storage.bans import ServerBan, ServerBans

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

WIDEST = {4: 8, 6: 16}
"""Bits of the widest network that may be banned, by IP version: wider is a slip of the hand."""
ANYBODYS = {4: 24, 6: 48}
"""Bits of the narrowest network that is nobody's own, by IP version; only such a one is kept as text."""
_HASH_BYTES = 16
_CLOSE_BYTES = 123
"""What fits into the reason of a close frame (RFC 6455, 5.5)."""


class NetworkTooWideError(ValueError):
    """Nobody means to ban so much of the internet."""


def network_of(text: str) -> Network:
    """
    Return the network that a ban of an address or a network means; of IPv6 never less than a /64.

    Raises:
        NetworkTooWideError: it is wider than anybody means to ban.
        ValueError: it is neither an address nor a network.

    """
    network = ipaddress.ip_network(text.strip(), strict=False)
    if isinstance(network, ipaddress.IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if mapped is not None and network.prefixlen == network.max_prefixlen:
            return ipaddress.IPv4Network(mapped)
        if network.prefixlen > NETWORK_BITS:
            network = network.supernet(new_prefix=NETWORK_BITS)
    if network.prefixlen < WIDEST[network.version]:
        raise NetworkTooWideError(
            f"expected a prefix of at least {WIDEST[network.version]} bits, got {network.prefixlen}"
        )
    return network


def prefix_of(network: Network) -> str:
    """Return IP version and length of a network's prefix, such as ``4/24``."""
    return f"{network.version}/{network.prefixlen}"


def is_anybodys(network: Network) -> bool:
    """Say whether a network is too wide to be somebody's."""
    return network.prefixlen <= ANYBODYS[network.version]


class Counts(NamedTuple):
    """How many are kept out."""

    accounts: int
    networks: int


class BanList:
    """The bans in force. ``refused`` counts who was told so."""

    def __init__(self, stored: ServerBans, key: bytes) -> None:
        self._stored = stored
        self._key = key
        self._by_id: dict[str, ServerBan] = {}
        self._accounts: dict[str, ServerBan] = {}
        """By account, and by each bot of a banned account."""
        self._networks: dict[bytes, ServerBan] = {}
        self._prefixes: frozenset[str] = frozenset()
        self.refused = 0

    def __iter__(self) -> Iterator[ServerBan]:
        return iter(self._by_id.values())

    async def load(self, now_ms: int) -> None:
        """Read what is in force."""
        self._by_id = {ban.id: ban for ban in await self._stored.all(now_ms)}
        self._networks = {ban.network_key: ban for ban in self if ban.network_key is not None}
        self._prefixes = frozenset(ban.prefix for ban in self if ban.prefix is not None)
        owners = {ban.account_id: ban for ban in self if ban.account_id is not None}
        bots = await self._stored.bots_of(list(owners)) if owners else []
        self._accounts = owners | {bot: owners[owner] for bot, owner in bots}

    async def put(self, ban: ServerBan) -> None:
        """
        Put a ban in force.

        Raises:
            StorageUnavailableError: nothing has changed.

        """
        await self._stored.put(ban)
        await self.load(ban.at_ms)

    async def lift(self, ban: ServerBan, now_ms: int) -> None:
        """
        End a ban.

        Raises:
            StorageUnavailableError: nothing has changed.

        """
        await self._stored.lift(ban.id)
        await self.load(now_ms)

    def keyed(self, network: Network) -> bytes:
        """Return the keyed hash of a network."""
        content = f"{network.version}/{network.prefixlen}/".encode() + network.network_address.packed
        return hmac.digest(self._key, content, hashlib.sha256)[:_HASH_BYTES]

    def __contains__(self, account_id: str) -> bool:
        """Say whether there is a ban of an account, or of a bot's owner, perhaps one that is over."""
        return account_id in self._accounts

    def of_account(self, account_id: str, now_ms: int) -> ServerBan | None:
        """Return the ban in force of an account, or of a bot's owner."""
        ban = self._accounts.get(account_id)
        return None if ban is None or ban.is_over(now_ms) else ban

    def of_client(self, client: ClientAddress, now_ms: int) -> ServerBan | None:
        """Return the ban in force of a network that a client is in; whom nothing limits, none."""
        if not self._prefixes or client.is_exempt:
            return None
        address = ipaddress.ip_address(client.text)
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        for prefix in self._prefixes:
            version, _, bits = prefix.partition("/")
            if int(version) != address.version:
                continue
            network = ipaddress.ip_network((int(address), int(bits)), strict=False)
            ban = self._networks.get(self.keyed(network))
            if ban is not None and not ban.is_over(now_ms):
                return ban
        return None

    def confines(self, account_id: str, now_ms: int) -> bool:
        """
        Let an account sign in; say whether it is banned, and may do nothing but see to its own data.

        Raises:
            Rejected: ``banned``: it is a bot of somebody who is.

        """
        ban = self.of_account(account_id, now_ms)
        if ban is not None and ban.account_id != account_id:
            self.check(account_id, now_ms)
        return ban is not None

    def check(self, account_id: str, now_ms: int) -> None:
        """
        Let an account do something beside looking after its own data.

        Raises:
            Rejected: ``banned``, with until when and why; its ``scope`` is the server, not a room.

        """
        ban = self.of_account(account_id, now_ms)
        if ban is None:
            return
        self.refused += 1
        facts: dict[str, object] = {"scope": "server"}
        if ban.until_ms is not None:
            facts |= {"until_ms": ban.until_ms, "retry_after_ms": ban.until_ms - now_ms}
        if ban.reason is not None:
            facts["reason"] = ban.reason
        raise Rejected(ErrorCode.BANNED, words_of(ban), **facts)

    def turn_away(self, connection: Connection, now_ms: int) -> bool:
        """Close a connection with 4003 whose network is banned; say whether it was."""
        ban = self.of_client(connection.client, now_ms)
        if ban is None:
            return False
        self.refused += 1
        close(connection, ban, now_ms)
        return True

    def counts(self, now_ms: int) -> Counts:
        """Count the bans in force."""
        live = [ban for ban in self if not ban.is_over(now_ms)]
        accounts = sum(ban.account_id is not None for ban in live)
        return Counts(accounts, len(live) - accounts)


def words_of(ban: ServerBan) -> str:
    """Say of a ban until when and why, for whom it keeps out."""
    text = "banned from this server"
    if ban.until_ms is not None:
        until = dt.datetime.fromtimestamp(ban.until_ms / 1000, dt.UTC)
        text += f" until {until:%Y-%m-%d %H:%M} UTC"
    return text if ban.reason is None else f"{text}: {ban.reason}"


def close(connection: Connection, ban: ServerBan, now_ms: int) -> None:
    """Close the connection of somebody who is banned with 4003, and say until when and why."""
    wait_ms = None if ban.until_ms is None else ban.until_ms - now_ms
    words = words_of(ban).encode()[:_CLOSE_BYTES].decode(errors="ignore")
    connection.close(CloseCode.BANNED, words, wait_ms)
