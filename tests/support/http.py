"""Plain HTTP over bare sockets, for requests that no library would send."""

from __future__ import annotations

import asyncio
from pathlib import Path


async def get(where: int | Path, path: str, *headers: str) -> tuple[int, bytes]:
    """Ask for a page on a port or a Unix socket; return status and the whole answer."""
    if isinstance(where, Path):
        reader, writer = await asyncio.open_unix_connection(where)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", where)
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer
