"""``roomserver status`` and ``reload``, and SIGHUP, of a server that runs as a process."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit
from tests.roomserver.cli.test_serve import serving
from tests.support.server import PATIENCE_SECONDS, House, Wire


async def test_status(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that is well says so with 0; one that is not says why with 1."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    words = ["status", "--data", str(house.data)]
    assert await asyncio.to_thread(main, [*words, "--json"]) == Exit.OK
    facts = json.loads(capsys.readouterr().out)
    assert facts["obstacles"] == facts["alarms"] == []
    assert (facts["users_online"], facts["connections"], facts["rooms_open"]) == (1, 1, 1)
    house.server.health.alarm(lambda: "chat is kept too long")
    assert await asyncio.to_thread(main, words) == Exit.FAILED
    assert capsys.readouterr().out.splitlines()[0] == "chat is kept too long"
    assert await asyncio.to_thread(main, ["reload", "--data", str(house.data)]) == Exit.FAILED
    assert "got a server that was started without any" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["status", "reload"])
def test_no_server(folder: Path, capsys: pytest.CaptureFixture[str], word: str) -> None:
    """Without a server there is nothing to ask, and nothing is made."""
    assert main([word, "--data", str(folder)]) == Exit.BUSY
    assert f"expected a server that runs on {folder}, got none" in capsys.readouterr().err
    assert not folder.exists()


async def test_reload(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A process reads its files again on command and on SIGHUP; a wrong file changes nothing."""
    config, policy = tmp_path / "room.toml", tmp_path / "privacy.toml"
    named = f'[privacy]\npolicy = "{policy}"\n'
    config.write_text(named, encoding="utf-8")
    policy.write_text("schema = 1\n", encoding="utf-8")
    async with serving(data, "--config", str(config)) as (process, port):
        assert process.stderr is not None
        wire = await Wire.to(port)
        await wire.ask("session.guest")
        await wire.ask("room.join", room="lobby")
        config.write_text(f'{named}[rates]\nvote = "3/4"\n[rooms]\ngrace_ms = 1\n', encoding="utf-8")
        policy.write_text('schema = 1\n[category.chat]\nttl = "5d"\n', encoding="utf-8")
        assert await asyncio.to_thread(main, ["reload", "--data", str(data), "--json"]) == Exit.OK
        done = json.loads(capsys.readouterr().out)
        assert done == {"applied": ["privacy.policy", "rates.vote"], "restart": ["rooms.grace_ms"]}
        assert (await wire.hear("notice.changed"))["notice"]["rev"] == 2
        config.write_text("[rates]\nvote = 5\n", encoding="utf-8")
        assert await asyncio.to_thread(main, ["reload", "--data", str(data)]) == Exit.FAILED
        assert f"{config}:2: rates.vote: Expected `str`, got `int`" in capsys.readouterr().err
        for text, words in (
            ("[rates]\nvote = 5\n", b"settings not reloaded"),
            (f'{named}[rates]\nvote = "7/8"\n', b"settings reloaded"),
        ):
            config.write_text(text, encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while words not in await process.stderr.readline():
                    pass
        hello = await (await Wire.to(port)).hear("hello")
        assert hello["rates"]["vote"] == {"burst": 7, "per_ms": 8}
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        assert process.returncode == 0
