"""Guests whose names are taken."""

from __future__ import annotations

import pytest

from client_demo.sdk import Client, RequestError
from client_demo.sdk.guests import come_as_guest
from protocol.limits import NAME_CHARS
from tests.support.server import House


async def named(house: House, name: str | None) -> str:
    """Come as a guest and go; return the name."""
    async with Client(house.url) as client:
        return (await come_as_guest(client, name)).user.name


async def test_taken(house: House) -> None:
    """A free name is had; a taken one has something behind it, and is as long as a name may be at most."""
    long = "x" * NAME_CHARS
    assert await named(house, "ann") == "ann"
    assert (await named(house, "ann")).startswith("ann-")
    assert await named(house, long) == long
    again = await named(house, long)
    assert (len(again), again[:-5]) == (NAME_CHARS, long[:-5])


async def test_no_name(house: House) -> None:
    """Without a name the server gives one; one that is none is refused, not decorated."""
    assert await named(house, None)
    with pytest.raises(RequestError, match="bad_params"):
        await named(house, "")
