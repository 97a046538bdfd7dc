"""Addresses: what a room may remember of where a guest came from."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from pathlib import Path

KEY_FILE = "address.key"
_KEY_BYTES = 32
_HASH_BYTES = 16
_NETWORK_BITS = 64
"""An IPv6 subscriber has a whole /64: a ban on one address of it would be none."""


def load_key(folder: Path) -> bytes:
    """Return the key under which addresses are hashed, made on the first start."""
    path = folder / KEY_FILE
    if not path.is_file():
        draft = path.with_suffix(".part")
        draft.touch(0o600)
        draft.write_bytes(secrets.token_bytes(_KEY_BYTES))
        draft.replace(path)
    return path.read_bytes()


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
