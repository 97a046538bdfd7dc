"""Guests whose names are taken: by their own last visit, more often than not."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from client_demo.sdk.errors import RequestError
from protocol.errors import ErrorCode
from protocol.limits import NAME_CHARS

if TYPE_CHECKING:
    from client_demo.sdk.client import Client
    from protocol.values import Session

_SUFFIX_BYTES = 2


async def come_as_guest(client: Client, name: str | None) -> Session:
    """
    Begin a guest's session under a name, with something behind it where the name is taken.

    A guest's account outlives the connection, for what was said stays; whoever comes back without
    the token is somebody else to the server.

    Raises:
        RequestError: the server takes no guest, or no such name.

    """
    try:
        return await client.guest(name)
    except RequestError as refused:
        if name is None or refused.code != ErrorCode.NAME_TAKEN:
            raise
        suffix = secrets.token_hex(_SUFFIX_BYTES)
        return await client.guest(f"{name[: NAME_CHARS - len(suffix) - 1]}-{suffix}")
