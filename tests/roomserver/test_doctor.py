"""The doctor: each check on something sound and on something broken."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from roomserver import doctor
from roomserver.config import (
    DATABASE,
    AdminConfig,
    ChatConfig,
    Config,
    ListenConfig,
    MediaConfig,
    PrivacyConfig,
    StorageConfig,
)
from roomserver.doctor import check_address, check_privacy_of_metrics
from roomserver.testing.server import RoomServer
from storage.database import Database
from storage.privacy import keys, ledger
from storage.privacy.keys import Keys
from storage.privacy.ledger import Ledger
from tests.support.server import House


@pytest.fixture
async def sound(tmp_path: Path) -> Config:
    """Return the settings of a folder with a database."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    database = await Database.open(folder / DATABASE)
    await database.close()
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").touch()
    return Config(storage=StorageConfig(data=str(folder), web=str(tmp_path / "web")))


async def test_sound(sound: Config) -> None:
    """On a sound machine nothing is bad."""
    findings = doctor.look(sound)
    assert [finding for finding in findings if finding.verdict == "bad"] == []
    assert [finding.check for finding in findings] == list(doctor.CHECKS)


async def test_each_check_stands_alone(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one check may not look or fails, it says so, and all others are made."""
    real = Path.is_file

    def is_file(path: Path) -> bool:
        if path.name == DATABASE:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: 1 // 0)
    findings = {finding.check: finding for finding in doctor.look(sound)}
    assert list(findings) == list(doctor.CHECKS)
    assert "expected a folder of user 4711" in findings["data folder"].text
    assert "Permission denied" in findings["database"].text
    assert findings["database"].text.endswith("run this as the user of the server, or as root")
    assert findings["disk"].verdict == "bad"
    assert "could not be looked at: ZeroDivisionError" in findings["disk"].text


async def test_database(sound: Config) -> None:
    """None, a sound one, a later one and a damaged one are told apart."""
    path = Path(sound.storage.data) / DATABASE
    assert "sound" in doctor.check_database(sound).text
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    later = doctor.check_database(sound)
    assert later.verdict == "bad"
    assert "got 9999: use the program that made it" in later.text
    path.write_bytes(b"this is a diary" * 500)
    damaged = doctor.check_database(sound)
    assert damaged.verdict == "bad"
    assert damaged.text.endswith("restore a backup")
    path.unlink()
    assert doctor.check_database(sound) == ("database", "good", "none yet")


async def test_database_that_cannot_be_read(sound: Config) -> None:
    """A database that is only locked is not called damaged, and no backup is to be restored over it."""
    path = Path(sound.storage.data) / DATABASE
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.MonkeyPatch.context() as patch:
        real = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *words, **more: real(*words, **{**more, "timeout": 0}))
        found = doctor.check_database(sound)
    connection.close()
    assert found.verdict == "bad"
    assert "cannot read" in found.text
    assert "locked" in found.text
    assert "backup" not in found.text


async def test_ledger(sound: Config) -> None:
    """A ledger is sound, cut off, behind its database or without its key; looking changes no byte of it."""
    folder = Path(sound.storage.data)
    path = folder / ledger.FILE
    assert doctor.check_ledger(sound).text == "0 entries, all of them fit"
    book = Ledger.open(folder, Keys(folder))
    for request in ("r1", "r2"):
        book.append("intent", request, "ann", 0)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":3')
    assert doctor.check_ledger(sound) == ("ledger and keys", "good", "2 entries, all of them fit")
    assert path.read_bytes() == whole + b'{"seq":3'
    path.write_bytes(whole.replace(b"r1", b"r7"))
    assert "line 1 was changed" in doctor.check_ledger(sound).text
    path.write_bytes(whole.splitlines(keepends=True)[0])
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("UPDATE ledger_mark SET seq = 2")
    connection.close()
    missing = doctor.check_ledger(sound)
    assert missing.verdict == "bad"
    assert "expected at least 2 entries, got 1" in missing.text
    (folder / keys.FOLDER / "ledger.key").unlink()
    assert "ledger.key is gone" in doctor.check_ledger(sound).text
    assert not (folder / keys.FOLDER / "ledger.key").exists()


async def test_keys(sound: Config) -> None:
    """A key that is none is bad."""
    (Path(sound.storage.data) / "address.key").write_bytes(b"short")
    found = doctor.check_ledger(sound)
    assert found.verdict == "bad"
    assert "expected 32 bytes of key" in found.text


async def test_left_by_a_restore(sound: Config) -> None:
    """Copies that a restore left are bad: no promise reaches them."""
    left = Path(sound.storage.data) / f"{DATABASE}.restoring"
    left.touch()
    found = doctor.check_folder(sound)
    assert found.verdict == "bad"
    assert str(left) in found.text


def test_what_the_settings_name(sound: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy, a hook, a chat filter and a resolver that cannot be had are bad, as they end the start."""
    policy = tmp_path / "policy.toml"
    policy.write_text("nonsense = 1\n", encoding="utf-8")
    monkeypatch.setattr("roomserver.resolver.find_spec", lambda _name: None)
    wrong = msgspec.structs.replace(
        sound,
        privacy=PrivacyConfig(policy=str(policy), hooks=["nope"]),
        chat=ChatConfig(filters=["nope"]),
        media=MediaConfig(resolver="yt-dlp"),
    )
    bad = {finding.check: finding.text for finding in doctor.look(wrong) if finding.verdict == "bad"}
    assert list(bad) == ["policy", "hooks", "chat filters", "resolver"]
    assert "nope" in bad["hooks"]
    assert "nope" in bad["chat filters"]


def test_addresses(sound: Config) -> None:
    """An address that somebody else listens on is bad; looking takes none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = msgspec.structs.replace(
            sound, listen=ListenConfig(port=0), admin=AdminConfig(listen=f"127.0.0.1:{port}")
        )
        found = doctor.check_addresses(config)
        assert (found.check, found.verdict) == ("addresses", "bad")
        assert f"cannot listen on 127.0.0.1:{port}" in found.text
    assert doctor.check_addresses(config).verdict == "good"


def test_folder(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that others may look into, or that is somebody else's, is bad; none will be made."""
    folder = Path(sound.storage.data)
    assert doctor.check_folder(sound).verdict == "good"
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    assert "expected a folder of user 4711" in doctor.check_folder(sound).text
    monkeypatch.undo()
    of_another = os.stat_result((0o600, 0, 0, 0, 4711, 4711, 0, 0, 0, 0))
    real = Path.stat
    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "stat", lambda one, **how: of_another if one.name == DATABASE else real(one, **how)
        )
        assert f"{DATABASE} is not: chown -R" in doctor.check_folder(sound).text
    folder.chmod(0o755)
    assert f"got mode 755: chmod 700 {folder}" in doctor.check_folder(sound).text
    shutil.rmtree(folder)
    assert doctor.check_folder(sound).verdict == "good"


class _Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(
    ("free", "verdict"), [(10 * 1024**3, "good"), (500 * 1024**2, "poor"), (50 * 1024**2, "bad")]
)
async def test_disk(sound: Config, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    """Little room is poor, hardly any is bad."""
    monkeypatch.setattr("shutil.disk_usage", lambda _path: _Usage(free))
    assert doctor.check_disk(sound).verdict == verdict


async def test_files_web_program_sqlite_clock(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few files, no web client, no uvloop, an old SQLite and a free-running clock are told."""
    (Path(sound.storage.web) / "index.html").unlink()
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (256, 256))
    monkeypatch.setattr(doctor, "find_spec", lambda _name: None)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    monkeypatch.setattr("ctypes.CDLL", lambda _name: _Adrift())
    findings = {
        check(sound)
        for check in (
            doctor.check_files,
            doctor.check_web,
            doctor.check_program,
            doctor.check_sqlite,
            doctor.check_clock,
        )
    }
    verdicts = {finding.check: finding.verdict for finding in findings}
    assert verdicts == {
        "open files": "poor",
        "web client": "poor",
        "program": "poor",
        "sqlite": "bad",
        "clock": "poor",
    }


class _Adrift:
    @staticmethod
    def adjtimex(_buffer: Any) -> int:
        """Say that the clock follows nobody."""
        return 5


async def test_address(house: House) -> None:
    """A server that answers is good."""
    finding = await check_address(f"http://127.0.0.1:{house.port}/")
    assert finding.verdict == "good"
    assert "answers, ping" in finding.text


@asynccontextmanager
async def proxy(answer: bytes) -> AsyncIterator[str]:
    """Run something that answers every request alike; give its address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "got HTTP 502: does the proxy forward it?",
        ),
        (b"SSH-2.0-OpenSSH\r\n", "expected a WebSocket at"),
    ],
)
async def test_wrong_address(answer: bytes, part: str) -> None:
    """A proxy that does not forward, and what is no web server, are told apart."""
    async with proxy(answer) as url:
        finding = await check_address(url)
    assert finding.verdict == "bad"
    assert part in finding.text


@pytest.mark.parametrize(("public", "verdict"), [(False, "good"), (True, "bad")])
async def test_metrics_for_everybody(tmp_path: Path, public: bool, verdict: str) -> None:
    """Metrics that can be read where people come in are bad; whoever asks from this machine sees them too."""
    admin = AdminConfig(public_metrics=public)
    async with RoomServer(tmp_path / "data", admin=admin) as server:
        finding = await check_privacy_of_metrics(f"http://127.0.0.1:{server.server.port}/")
    assert finding.verdict == verdict


async def test_metrics_nobody_answers() -> None:
    """Where nobody answers nothing can be said of metrics."""
    assert (await check_privacy_of_metrics("http://127.0.0.1:9")).verdict == "poor"


@pytest.mark.parametrize(
    ("admin", "verdict"),
    [
        (AdminConfig(), "good"),
        (AdminConfig(listen="127.0.0.1:9464", public_metrics=True), "good"),
        (AdminConfig(public_metrics=True), "poor"),
    ],
)
def test_metrics(sound: Config, admin: AdminConfig, verdict: str) -> None:
    """Metrics on an address of their own or nowhere are good."""
    assert doctor.check_metrics(msgspec.structs.replace(sound, admin=admin)).verdict == verdict


async def test_nobody_there() -> None:
    """A closed port is bad."""
    assert (await check_address("http://127.0.0.1:9")).verdict == "bad"
