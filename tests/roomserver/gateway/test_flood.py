"""What is cheap to send and dear to read."""

from __future__ import annotations

import pytest

from roomserver.gateway.connection import Connection
from roomserver.gateway.flood import CLOSING_BYTES, CONTROLS_MAX, CONTROLS_MS, SLICE_BYTES, Controls, slices
from tests.support.server import House, RawSocket, masked

NOW = 1_000_000
PING = masked(b"", 9)
FIRST_FRAGMENT = bytes((0x02, 0x80, 0, 0, 0, 0))
EMPTY_FRAGMENT = bytes((0x00, 0x80, 0, 0, 0, 0))


@pytest.mark.parametrize("size", [0, 1, SLICE_BYTES, SLICE_BYTES + 1, 3 * SLICE_BYTES])
def test_slices(size: int) -> None:
    """A packet is read whole, in slices of bounded size; a small one stays what it is."""
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    pieces = list(slices(data))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= SLICE_BYTES


def test_controls() -> None:
    """A hundred pings in ten seconds are fine, one more is a flood; then the count begins anew."""
    controls = Controls()
    assert not any(controls.is_flood(NOW + number) for number in range(CONTROLS_MAX))
    assert controls.is_flood(NOW + CONTROLS_MS - 1)
    assert not controls.is_flood(NOW + CONTROLS_MS)


async def ending(house: House, raw: RawSocket) -> bytes:
    """Read all that is left, and let the server notice."""
    said = await raw.read_to_end()
    await house.guest()
    return said


@pytest.mark.parametrize("opcode", [9, 10])
async def test_a_flood_of_controls(house: House, opcode: int) -> None:
    """Whoever sends more pings or pongs than anybody needs is closed with 4101, and told why."""
    raw = await house.raw_guest()
    raw.writer.write(masked(b"", opcode) * (CONTROLS_MAX + 1))
    said = await ending(house, raw)
    assert b"\x10\x05expected at most 100 pings" in said  # 4101


async def test_pings_that_are_fine(house: House) -> None:
    """A client that pings eagerly stays."""
    raw = await house.raw_guest()
    raw.writer.write(PING * CONTROLS_MAX)
    raw.ask(7, "room.get", {"room": "lobby"})
    await raw.read_until(b"population")


async def test_fragments_are_not_read_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message in ten thousand empty fragments is refused with its first; the rest is hardly read."""
    parsed = []
    take = Connection._feed

    def counted(self: Connection, data: bytes, read_at_us: int) -> None:
        parsed.append(len(data))
        take(self, data, read_at_us)

    monkeypatch.setattr(Connection, "_feed", counted)
    raw = await house.raw_guest()
    parsed.clear()
    raw.writer.write(FIRST_FRAGMENT + EMPTY_FRAGMENT * 10_000)
    said = await ending(house, raw)
    assert b"\x0f\xa0expected whole messages" in said  # 4000
    assert sum(parsed) <= 3 * max(SLICE_BYTES, CLOSING_BYTES) + 1000
