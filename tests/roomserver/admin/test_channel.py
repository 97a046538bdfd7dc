"""The channel between the command line and the server that runs."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from protocol.errors import ErrorCode, Rejected
from roomserver.admin.channel import LINE_BYTES, SOCKET_FILE, AdminChannel, NoServerError, ask_server
from roomserver.admin.command import AdminCommand, AdminError, Administration
from storage.errors import NameTakenError

EVERY_LOOP = True


class Echo(AdminCommand, frozen=True, kw_only=True, tag="test.echo"):
    """Answers what it is given."""

    text: str


class Fail(AdminCommand, frozen=True, kw_only=True, tag="test.fail"):
    """Fails in a way."""

    how: str


async def echo(command: Echo) -> Mapping[str, object]:
    """Answer."""
    return {"text": command.text}


async def fail(command: Fail) -> Mapping[str, object]:
    """Fail."""
    raise {
        "rejected": Rejected(ErrorCode.NOT_FOUND, "expected a thing"),
        "storage": NameTakenError("ada"),
        "bug": ZeroDivisionError(),
    }[command.how]


@asynccontextmanager
async def channel(folder: Path) -> AsyncIterator[AdminChannel]:
    """Run a channel."""
    running = AdminChannel(Administration({Echo: echo, Fail: fail}), folder)
    await running.listen()
    yield running
    await running.close()


async def test_answer(tmp_path: Path) -> None:
    """A command is carried out and its result comes back; the socket is this user's alone."""
    async with channel(tmp_path):
        assert stat.S_IMODE((tmp_path / SOCKET_FILE).stat().st_mode) == 0o600
        assert await ask_server(tmp_path, Echo(text="é\n2")) == {"text": "é\n2"}
    assert not (tmp_path / SOCKET_FILE).exists()


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("rejected", "not_found", "expected a thing"),
        ("storage", "name_taken", "the name 'ada' is taken, or looks like one that is"),
        ("bug", "internal", "a bug in the server; it has been logged"),
    ],
)
async def test_refusal(tmp_path: Path, how: str, code: str, message: str) -> None:
    """What goes wrong comes back as a word and a sentence, and the channel goes on."""
    async with channel(tmp_path):
        with pytest.raises(AdminError) as caught:
            await ask_server(tmp_path, Fail(how=how))
        assert (caught.value.code, caught.value.message) == (code, message)
        assert await ask_server(tmp_path, Echo(text="on")) == {"text": "on"}


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"not json", "expected a command as JSON"),
        (b"{}", "missing required field `command`"),
        (b'{"command": "test.fly"}', "Invalid value 'test.fly'"),
        (b'{"command": "test.echo"}', "missing required field `text`"),
        (b'{"command": "test.echo", "text": "x", "txt": 1}', "unknown field `txt`"),
    ],
)
async def test_bad_line(tmp_path: Path, line: bytes, part: str) -> None:
    """A line that is no command is answered with what was expected."""
    async with channel(tmp_path):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_FILE)
        writer.write(line + b"\n")
        error = json.loads(await reader.readline())["error"]
        assert error["code"] == "bad_params"
        assert part in error["message"]
        writer.close()


async def test_endless_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without end is not kept: the talk ends, the channel goes on."""
    monkeypatch.setattr("roomserver.admin.channel.LINE_BYTES", 1024)
    async with channel(tmp_path):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_FILE)
        writer.write(b"x" * 10_000)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        assert await ask_server(tmp_path, Echo(text="on")) == {"text": "on"}
    assert LINE_BYTES > 2**20


@pytest.mark.parametrize("stale", [False, True])
async def test_no_server(tmp_path: Path, stale: bool) -> None:
    """No socket, and one that a dead server left, are both no server."""
    if stale:
        running = AdminChannel(Administration({Echo: echo, Fail: fail}), tmp_path)
        await running.listen()
        assert running._server is not None
        running._server.close()
        (tmp_path / "other").mkdir()
        assert (tmp_path / SOCKET_FILE).is_socket()
    with pytest.raises(NoServerError):
        await ask_server(tmp_path, Echo(text="x"))


async def test_server_stops_meanwhile(tmp_path: Path) -> None:
    """A command whose server stopped has an answer too."""
    begun = asyncio.Event()

    async def wait(_command: Echo) -> Mapping[str, object]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    running = AdminChannel(Administration({Echo: wait, Fail: fail}), tmp_path)
    await running.listen()
    asking = asyncio.create_task(ask_server(tmp_path, Echo(text="x")))
    await begun.wait()
    await running.close()
    with pytest.raises(AdminError, match="the server stopped meanwhile"):
        await asking
