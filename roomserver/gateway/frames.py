"""
Server frames, built once and shared.

A server's frames are not masked and no extension is negotiated, so the same bytes may be
written to every connection.
"""

from __future__ import annotations

from collections.abc import Iterable

_FIN_BINARY = 0x82

JOINED_BYTES_MAX = 256 * 1024
"""Messages are joined up to this size; the ``websockets`` client refuses more than 1 MiB by default."""


def binary_frame(payload: bytes) -> bytes:
    """Return one final, unmasked binary frame (RFC 6455, 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((_FIN_BINARY, length)) + payload
    if length < 65536:
        return b"\x82\x7e" + length.to_bytes(2, "big") + payload
    return b"\x82\x7f" + length.to_bytes(8, "big") + payload


def joined_frames(values: Iterable[bytes]) -> bytes:
    """Return as few binary frames as hold these MessagePack values, in order."""
    frames: list[bytes] = []
    pending: list[bytes] = []
    size = 0
    for value in values:
        if pending and size + len(value) > JOINED_BYTES_MAX:
            frames.append(binary_frame(b"".join(pending)))
            pending, size = [], 0
        pending.append(value)
        size += len(value)
    if pending:
        frames.append(binary_frame(b"".join(pending)))
    return frames[0] if len(frames) == 1 else b"".join(frames)
