"""The log of connections: raw for a week, leading to nobody for three more, gone after four."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from protocol.limits import DAY_MS
from roomserver.addresses import KEPT_WEEKS, KEY_FILE, WEEK_MS, WeekKeys, address_key, load_key, network_of
from roomserver.config import PrivacyConfig
from roomserver.testing.clock import BEGIN_MS
from roomserver.testing.server import RoomServer
from storage.privacy.keys import DamagedKeyError
from tests.storage.builders import days

ADDRESS = "127.0.0.1"


async def holds(folder: Path, text: bytes) -> bool:
    """Say whether any file of the database holds these bytes."""

    def search() -> bool:
        return any(text in path.read_bytes() for path in folder.glob("roomserver.db*"))

    return await asyncio.to_thread(search)


async def logged(server: RoomServer) -> list[dict[str, object]]:
    """Return the log."""
    return [dict(row) for row in await server.server._database.rows("SELECT * FROM connections ORDER BY id")]


async def test_three_stages(data: Path) -> None:
    """On day 0 the address is there, on day 8 in no file, on day 29 the row is not there either."""
    async with RoomServer(data) as server:
        await server.guest()
        await server.settled()
        (row,) = await logged(server)
        assert (row["address"], row["network"]) == (ADDRESS, "127.0.0.0/24")
        assert row["expires_at_ms"] == BEGIN_MS + days(28)
        assert row["browser"] == "Python websockets 17"
        assert isinstance(row["address_key"], bytes)
        assert await holds(data, ADDRESS.encode())
        await server.advance(8 * 86400)
        await server.server.sweeps.once()
        (later,) = await logged(server)
        assert (later["address"], later["raw_until_ms"], later["network"]) == (None, None, "127.0.0.0/24")
        assert not await holds(data, ADDRESS.encode())
        await server.advance(21 * 86400)
        await server.server.sweeps.once()
        assert await logged(server) == []


async def test_the_line_is_never_kept(data: Path) -> None:
    """Not even at capture is the whole of what a browser says in any file."""
    async with RoomServer(data) as server:
        await server.guest()
        await server.settled()
        assert not await holds(data, b"websockets/17")


@pytest.mark.parametrize("record", ["drop", "pseudonymise"])
async def test_an_operator_may_keep_less(tmp_path: Path, data: Path, record: str) -> None:
    """Without addresses there is the network at most; without records nothing."""
    policy = tmp_path / "privacy.toml"
    policy.write_text(f'schema = 1\n[category.connections]\nrecord = "{record}"\n', encoding="utf-8")
    async with RoomServer(data, privacy=PrivacyConfig(policy=str(policy))) as server:
        await server.guest()
        await server.settled()
        found = [row["address"] for row in await logged(server)]
        assert found == ([] if record == "drop" else [None])


async def test_a_full_disk_keeps_nobody_out(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key of the week can be made the connection is not noted, and the login is a whole one."""

    def full(path: Path) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    async with RoomServer(data) as server:
        with monkeypatch.context() as patched:
            patched.setattr("roomserver.addresses.read_key", full)
            guest = await server.guest()
            await guest.ask("account.get")
        await server.settled()
        assert await logged(server) == []
        assert len(server.server.people) == 1
        guest.socket.transport.abort()
        await guest.closed()
        await server.settled()
        assert len(server.server.people) == 0
        await server.guest()
        await server.settled()
        assert len(await logged(server)) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unix", None),
        ("", None),
    ],
)
def test_networks(address: str, network: str | None) -> None:
    """What is left of an address says where, and not whose."""
    assert network_of(address) == network


def test_keys_of_weeks(tmp_path: Path) -> None:
    """An address is the same within a week, another one in the next, and nobody's when its key is gone."""
    keys = WeekKeys(tmp_path)
    now = 3000 * WEEK_MS
    first = keys.hashed(ADDRESS, now)
    assert first == WeekKeys(tmp_path).hashed(ADDRESS, now + 6 * DAY_MS)
    assert first != keys.hashed(ADDRESS, now + WEEK_MS)
    assert keys.expire(now + KEPT_WEEKS * WEEK_MS) == 0
    assert keys.expire(now + (KEPT_WEEKS + 1) * WEEK_MS) == 1
    assert sorted(path.stem for path in (tmp_path / "keys" / "weeks").iterdir()) == ["3001"]
    assert keys.hashed(ADDRESS, now) != first
    assert keys.scrub("anna", None) == 0
    assert keys.contains(b"no such bytes") == 0


@pytest.mark.parametrize("left", [b"", b"short"])
def test_half_a_key(tmp_path: Path, left: bytes) -> None:
    """What a kill or a full disk left of a week's key hides nothing: another one is made, and stays."""
    now, folder = 3000 * WEEK_MS, tmp_path / "keys" / "weeks"
    folder.mkdir(parents=True)
    (folder / "3000.key").write_bytes(left)
    hashed = WeekKeys(tmp_path).hashed(ADDRESS, now)
    assert hashed != address_key(left, ADDRESS)
    assert hashed == WeekKeys(tmp_path).hashed(ADDRESS, now)
    assert (folder / "3000.key").stat().st_mode & 0o777 == 0o600


def test_the_key_of_bans(tmp_path: Path) -> None:
    """The key of banned addresses is made once; one that is none is not hashed with."""
    key = load_key(tmp_path)
    assert key == load_key(tmp_path)
    assert len(key) == 32
    (tmp_path / KEY_FILE).write_bytes(b"")
    with pytest.raises(DamagedKeyError):
        load_key(tmp_path)
