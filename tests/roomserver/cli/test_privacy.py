"""``roomserver privacy``, without a server and through one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from roomserver.admin import privacy as admin
from roomserver.cli import main
from roomserver.cli.command import Exit
from storage.privacy.keys import FOLDER
from tests.roomserver.gateway.test_http import fetch
from tests.support.canary import canary
from tests.support.process import Process, process
from tests.support.server import PASSWORD, Wire

__all__ = ["process"]


def run(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, Any]:
    """Run a command with JSON; return its exit code and what it printed."""
    capsys.readouterr()
    code = main(["privacy", *words, "--json", "--data", str(folder)])
    out, err = capsys.readouterr()
    return code, json.loads(out or err.splitlines()[-1])


@pytest.fixture(name="made")
def _made(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    main(["admin", "create", "ada-canary", "--data", str(folder)])
    capsys.readouterr()
    return folder


def test_erase_without_a_server(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name must be said twice; then nothing of the account is left, which the search confirms."""
    assert run(capsys, made, "verify", "--canary", "ada-canary")[0] == Exit.FAILED
    assert run(capsys, made, "erase", "ada-canary")[0] == Exit.USAGE
    assert run(capsys, made, "erase", "ada-canary", "--confirm", "ada")[0] == Exit.USAGE
    code, receipt = run(capsys, made, "erase", "ada-canary", "--confirm", "ada-canary")

    assert (code, receipt["stage"], receipt["receipts"]["accounts"]) == (Exit.OK, "complete", 1)
    assert run(capsys, made, "verify", "--canary", "ada-canary") == (
        Exit.OK,
        {"found": False, "files": [], "memory": {}, "hooks": {}},
    )
    assert run(capsys, made, "erase", "ada-canary", "--confirm", "ada-canary")[0] == Exit.FAILED


def test_verify_looks_beside_too(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Logs are looked through when they are named, from where the operator stands.

    A word that is too short, and what is not there or cannot be read, proves nothing.
    """
    word = canary("log")
    (tmp_path / "access.log").write_text(f"GET /{word}", encoding="utf-8")
    assert run(capsys, made, "verify", "--canary", word)[0] == Exit.OK
    code, found = run(capsys, made, "verify", "--canary", word, "--also", str(tmp_path / "access.log"))

    assert (code, found["files"]) == (Exit.FAILED, [str(tmp_path / "access.log")])
    monkeypatch.chdir(tmp_path)
    assert run(capsys, made, "verify", "--canary", word, "--also", "access.log") == (code, found)
    code, refused = run(capsys, made, "verify", "--canary", word, "--also", "acess.log")
    assert code == Exit.USAGE
    assert str(tmp_path / "acess.log") in refused["error"]

    async def unreadable(*_: object) -> list[str]:
        raise PermissionError("access.log")

    monkeypatch.setattr(admin, "files_with_from_outside", unreadable)
    code, refused = run(capsys, made, "verify", "--canary", word)
    assert code == Exit.FAILED
    assert "nothing is proven: access.log" in refused["error"]
    assert run(capsys, made, "verify", "--canary", "short")[0] != Exit.OK


def test_audit(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The chain is checked against a head noted earlier; one that is broken fails the command."""
    code, before = run(capsys, made, "audit", "verify")
    assert (code, before["intact"]) == (Exit.OK, True)
    run(capsys, made, "erase", "ada-canary", "--confirm", "ada-canary")
    code, after = run(capsys, made, "audit", "verify", "--head", before["head"], "--tail", "2")
    assert code == Exit.OK
    assert [row["action"] for row in after["tail"]] == ["erase.rows", "erase.complete"]
    assert run(capsys, made, "audit", "verify", "--head", "nonsense")[0] == Exit.USAGE
    (made / FOLDER / "audit.key").write_bytes(bytes(32))
    code, broken = run(capsys, made, "audit", "verify")

    assert (code, broken["broken_at"]) == (Exit.FAILED, 1)


def test_status_and_records(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing late the status is fine; notice and record of processing say what is kept."""
    code, status = run(capsys, made, "status")
    assert (code, status["broken"], status["erasures"]) == (Exit.OK, [], [])
    assert run(capsys, made, "sweep")[0] == Exit.OK
    assert "chat" in {one["category"] for one in run(capsys, made, "notice")[1]["categories"]}
    ropa = run(capsys, made, "ropa")[1]
    assert ropa["unused_account_ms"] == 730 * 86_400_000
    [chat] = [one for one in ropa["categories"] if one["category"] == "chat"]
    assert chat["ttl_ms"]["EU"] == 30 * 86_400_000
    assert chat["tables"] == ["events"] or "chat" in chat["category"]


def test_policies(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong file is refused with each problem; a plan says what is kept longer, and what shorter."""
    path = tmp_path / "policy.toml"
    path.write_text('schema = 1\n[category.votes]\nttl = "nonsense"\n', encoding="utf-8")
    assert run(capsys, made, "check", str(path))[0] == Exit.USAGE
    path.write_text(
        'schema = 1\n[category.votes]\nttl = "60d"\n[category.presence]\nttl = "1d"\n', encoding="utf-8"
    )
    assert run(capsys, made, "check", str(path))[0] == Exit.OK
    code, plan = run(capsys, made, "plan", str(path))

    assert (code, plan["changes"]) == (Exit.OK, True)
    assert "votes is kept for 60 days instead of 30 days" in plan["more"][0]
    assert "presence" in plan["less"][0]
    assert "60 days" in plan["notice"]
    path.write_text("nonsense", encoding="utf-8")
    assert run(capsys, made, "plan", str(path))[0] == Exit.USAGE


async def test_through_a_server(process: Process, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While a server runs it does the work itself: freezing disconnects, erasing reaches its memory."""
    wire = await Wire.to(process.port)
    birth = {"year": 1990, "month": 1, "day": 1}
    params = {"username": "kid-canary", "password": PASSWORD, "accept_policy": True, "birth": birth}
    await wire.ask("session.register", **params)

    async def command(*words: str) -> tuple[int, Any]:
        return await asyncio.to_thread(run, capsys, process.data, *words)

    assert (await command("freeze", "kid-canary"))[1]["changed"]
    assert await wire.closed() == 4011
    assert [one["name"] for one in (await command("frozen"))[1]["frozen"]] == ["kid-canary"]
    word = canary("passport")
    again = await Wire.to(process.port)
    await again.ask("session.login", username="kid-canary", password=PASSWORD)
    url = (await again.ask("privacy.prove"))["url"]
    content = b"%PDF-" + word.encode()
    head = f"POST {url} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    assert (await fetch(process.port, head.encode() + content)).status == 201
    assert [one["name"] for one in (await command("proofs"))[1]["proofs"]] == ["kid-canary"]
    out = tmp_path / "proof.pdf"
    assert (await command("proof", "kid-canary", "--out", str(out)))[1]["kind"] == "pdf"
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (content, 0o600)
    assert (await command("proof", "kid-canary", "--out", str(out)))[0] == Exit.FAILED
    code, copy = await command("export", "kid-canary")
    assert (code, copy["stage"]) == (Exit.OK, "ready")
    code, decided = await command("decide", "kid-canary", "too-young")
    assert (code, decided["state"], decided["stage"]) == (Exit.OK, "erased", "complete")
    assert (await command("verify", "--canary", "kid-canary"))[0] == Exit.OK
    assert (await command("verify", "--canary", word))[0] == Exit.OK
    assert (await command("proof", "kid-canary"))[0] == Exit.FAILED
    assert (await command("suppress", "kid@example.org"))[1]["keyed"]
    assert (await command("status"))[0] == Exit.OK
