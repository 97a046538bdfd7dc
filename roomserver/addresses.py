"""Addresses: what may be remembered of where somebody came from."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Collection
from pathlib import Path

from protocol.limits import DAY_MS
from storage.privacy.keys import DamagedKeyError, destroy_key, read_key

KEY_FILE = "address.key"
_HASH_BYTES = 16
_NETWORK_BITS = 64
"""An IPv6 subscriber has a whole /64: a ban on one address of it would be none."""


def load_key(folder: Path) -> bytes:
    """
    Return the key under which addresses are hashed, made on the first start.

    Raises:
        storage.privacy.keys.DamagedKeyError: its file was tampered with.
        OSError: it cannot be read or made.

    """
    return read_key(folder / KEY_FILE)


def address_key(key: bytes, address: str) -> bytes | None:
    """
    Return the keyed hash of an address, or None when there is none.

    Without the key, which never leaves the data folder, it cannot be turned back: trying
    all four billion addresses would need it.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        parsed = mapped or ipaddress.ip_network((int(parsed), _NETWORK_BITS), strict=False).network_address
    return hmac.digest(key, parsed.packed, hashlib.sha256)[:_HASH_BYTES]


def network_of(address: str) -> str | None:
    """Return the network of an address that still says where it is, but not whose: its /24, or /48."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))


WEEK_MS = 7 * DAY_MS
KEPT_WEEKS = 5
"""A key outlives the rows it hid by a week, and then nobody can tell any more whose they were."""


class WeekKeys:
    """
    A key for each week, so that addresses of different weeks cannot be linked.

    A folder of files, readable by the owner alone; a holder of personal data, since a keyed hash
    is one for as long as its key is there: see :mod:`storage.privacy.holders`.
    """

    name = "address keys"
    categories = frozenset({"connections"})
    max_age_s: int | None = KEPT_WEEKS * WEEK_MS // 1000

    def __init__(self, data: Path) -> None:
        self._folder = data / "keys" / "weeks"
        self._keys: dict[int, bytes] = {}

    def hashed(self, address: str, at_ms: int) -> bytes | None:
        """
        Return the keyed hash of an address under the key of its week; None when it is none.

        Raises:
            OSError: the key cannot be read or made.

        """
        return address_key(self._key(at_ms // WEEK_MS), address)

    def _key(self, week: int) -> bytes:
        key = self._keys.get(week)
        if key is None:
            path = self._folder / f"{week}.key"
            try:
                key = read_key(path)
            except DamagedKeyError:
                # Nothing is promised of it but that it leads to nobody: another one does as well.
                path.unlink()
                key = read_key(path)
            self._keys[week] = key
        return key

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:  # noqa: ARG002 - keys are of nobody
        """Keep the keys: they are of everybody."""
        return 0

    def expire(self, now: int) -> int:
        """Destroy the keys of weeks that are over for long."""
        oldest = now // WEEK_MS - KEPT_WEEKS
        old = [path for path in self._folder.glob("*.key") if path.stem.isdigit() and int(path.stem) < oldest]
        for path in old:
            destroy_key(path)
            self._keys.pop(int(path.stem), None)
        return len(old)

    def contains(self, probe: bytes) -> int:
        """Count the keys that hold these bytes."""
        return sum(probe in key for key in self._keys.values())
