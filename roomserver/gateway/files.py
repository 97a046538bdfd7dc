"""Files as bodies of answers: read and sent as fast as the client takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from roomserver.gateway.http import FilePart

_CHUNK_BYTES = 64 * 1024


def send_part(
    transport: asyncio.Transport, part: FilePart | None, is_stalled: Callable[[], bool]
) -> FilePart | None:
    """Send a stretch of a file until the client is slow; return what is left, None when nothing is."""
    while part is not None and part.length and not is_stalled():
        with part.path.open("rb") as file:
            file.seek(part.offset)
            chunk = file.read(min(_CHUNK_BYTES, part.length))
        if not chunk:
            return None  # somebody made it shorter
        transport.write(chunk)
        part = part._replace(offset=part.offset + len(chunk), length=part.length - len(chunk))
    return part if part is not None and part.length and is_stalled() else None
