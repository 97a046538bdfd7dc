"""The expected answer to each attack, once, on a server of this process; ``make attacks`` does it in bulk."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.attacks.attackers import Line
from tests.support.server import PASSWORD, House, Refused, masked

GUESS = "wrong password"


async def lines(house: House, head: bytes) -> bytes:
    """Send raw bytes to the server's port and return all it says."""
    line = await Line.open(house.port)
    line.writer.write(head)
    said = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(5):
            while data := await line.reader.read(65536):
                said += data
    line.drop()
    return said


async def test_compression_is_not_taken_up(house: House) -> None:
    """An offer of compression is passed over, and compressed frames all the same are an error."""
    line = await Line.open(house.port)
    head = await line.shake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    assert b"101 " in head
    assert b"extensions" not in head.lower()
    frame = masked(b"\xec\xc1\x01\x01" + bytes(1000))
    line.writer.write(bytes((frame[0] | 0x40,)) + frame[1:])
    assert await line.ending() == "1002"
    line.drop()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
async def test_cross_site_pages_are_refused(house: House, origin: str) -> None:
    """A page of another site gets no connection with which to use somebody's session."""
    line = await Line.open(house.port)
    assert (await line.shake(f"Origin: {origin}")).startswith(b"HTTP/1.1 403 ")
    line.drop()


@pytest.mark.parametrize(
    "path",
    [
        "/../roomserver.db", "/media/../roomserver.db", "/media/..%2froomserver.db", "/%2e%2e/roomserver.db",
        "/media//etc/passwd", "//etc/passwd", "/media/%00", "/..\\roomserver.db",
        "/media/....//roomserver.db", "/assets/../../../../../../etc/passwd", "/media/address.key/..",
        "/" + "a/" * 2000,
    ],
)  # fmt: skip
async def test_paths_lead_nowhere_else(house: House, path: str) -> None:
    """No path names a file outside the two public folders, however it is spelt."""
    said = await lines(house, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    status = int(said.split()[1])
    assert status in {400, 404, 414, 431}
    assert b"SQLite format" not in said
    assert b"root:" not in said


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X-Field: y\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX-Long: " + b"z" * 1_000_000,
        bytes(range(256)) * 100,
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        b"GET / HTTP/1.1\nHost: a\n\n",
    ],
)
async def test_heads_are_bounded(house: House, head: bytes) -> None:
    """A request's head that is too long, endless or no head at all is answered once and read no further."""
    said = await lines(house, head)
    assert not said or int(said.split()[1]) in {200, 400, 405, 414, 431, 503}
    assert len(house.server.gateway) == 0


async def test_foreign_ids_are_not_told_from_none(house: House) -> None:
    """Guessing ids tells nothing: another's playlist is answered like one that does not exist."""
    owner, stranger = await house.user("owner"), await house.user("stranger")
    theirs = (await owner.ask("playlist.create", name="secret"))["playlist"]["id"]
    answers = []
    for ident in (theirs, "x" * len(theirs)):
        for method in ("playlist.items", "playlist.delete", "playlist.activate", "playlist.export"):
            error = await stranger.refused(method, playlist_id=ident)
            answers.append((method, error["code"], error["message"].replace(ident, "ID")))
    assert answers[:4] == answers[4:]
    assert (await owner.ask("playlist.list"))["playlists"]


async def test_wrong_passwords_are_alike(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Names with a password, without one and of nobody are refused in the same words and the same time.

    A time here would be noise; what takes it is counted: runs of argon2.
    """
    await house.user("victim")
    await house.guest("passerby")
    runs: list[str] = []
    _counted(monkeypatch, PasswordHasher, "verify", runs)
    _counted(monkeypatch, PasswordHasher, "hash", runs)
    seen = []
    # Fewer than the guard lets through, so that each really is checked.
    for name in ["nobody", *(3 * ["victim", "nobody", "passerby", "VICTIM"])]:
        guest = await house.wire()
        runs.clear()
        error = await guest.refused("session.login", username=name, password=GUESS)
        seen.append((error["code"], error["message"], Counter(runs)))
    first, *others = seen
    assert first[2] == {"hash": 1, "verify": 1}, "the first try of all makes the decoy, whomever it is for"
    assert others[0][2] == {"verify": 1}
    assert all(one == others[0] for one in others)
    assert others[0][:2] == first[:2]


def _counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, runs: list[str]) -> None:
    """Note every call of a method in a list."""
    original = getattr(owner, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        runs.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, call)


async def test_guessing_is_throttled(house: House) -> None:
    """After a few wrong passwords the account is closed to guesses from everywhere, the right one too."""
    victim = await house.user("victim")
    codes = []
    for _ in range(12):
        guest = await house.wire()
        codes.append((await guest.refused("session.login", username="victim", password=GUESS))["code"])
    assert codes[0] == "invalid_credentials"
    assert codes[-1] == "rate_limited"
    late = await house.wire()
    with pytest.raises(Refused) as refused:
        await late.ask("session.login", username="victim", password=PASSWORD)
    assert refused.value.error["code"] == "rate_limited"
    assert refused.value.error["retry_after_ms"] > 0
    await victim.ask("account.get")  # who is in stays in
