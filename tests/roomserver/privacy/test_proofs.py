"""Proofs of age on a running server: a link, a file on it, a decision, and nothing left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import AGE_PROOF_MS, PROOF_BYTES
from roomserver.admin.privacy import PrivacyDecide
from roomserver.admin.proofs import PrivacyProof, PrivacyProofs
from roomserver.privacy import proofs
from roomserver.privacy.proofs import LINK_MS
from roomserver.testing.server import PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from roomserver.testing.wire import Refused
from tests.roomserver.gateway.test_http import Page, fetch
from tests.support.canary import canary, hits

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data) as server:
        yield server


async def frozen(server: RoomServer, name: str = "Anna") -> Visitor:
    """Let somebody register, be frozen, and log in again."""
    first = await server.user(name)
    await server.server.rights.ages.freeze(first.id, "operator")
    await first.closed()
    again = await server.stranger()
    return again.became(await again.ask("session.login", username=name, password=PASSWORD))


async def send(server: RoomServer, url: str, content: bytes, method: str = "POST") -> Page:
    """Send a file."""
    head = f"{method} {url} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
    return await fetch(server.server.port, head.encode() + content)


async def prove(server: RoomServer, who: Visitor, content: bytes = PNG) -> Page:
    """Ask for a link, and send a file there."""
    return await send(server, (await who.ask("privacy.prove"))["url"], content)


async def refusal(who: Visitor) -> dict[str, Any]:
    """Return why somebody gets no link."""
    with pytest.raises(Refused) as refused:
        await who.ask("privacy.prove")
    return dict(refused.value.error)


def left(server: RoomServer) -> list[Path]:
    """Return every file of a proof."""
    folders = (server._data / "proof", server._data / "keys" / "proof")
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


async def audited(server: RoomServer) -> list[str]:
    """Return what the audit says of proofs."""
    rows = await server.server.rights.audit.tail(50)
    return [row["action"] for row in rows if row["action"].startswith(("proof", "age."))]


async def test_received_and_decided(server: RoomServer, tmp_path: Path) -> None:
    """It waits encrypted for the operator, its person sees that it does, and the decision deletes it."""
    word = canary("passport")
    anna = await frozen(server)
    offer = await anna.ask("privacy.prove")
    assert (offer["max_bytes"], offer["types"]) == (
        PROOF_BYTES,
        ["image/jpeg", "image/png", "application/pdf"],
    )
    answer = await send(server, offer["url"], PNG + word.encode() * 5000)
    assert (answer.status, answer.body) == (201, b"received\n")
    assert (await anna.ask("privacy.status"))["privacy"]["proof_at_ms"] == server.clock.now_ms()
    listed: Any = (await server.server.administration.run(PrivacyProofs()))["proofs"]
    [row] = listed
    assert (row["name"], row["deleted_at_ms"]) == ("Anna", server.clock.now_ms() + AGE_PROOF_MS)
    await server.server.administration.run(PrivacyProof(user="Anna"))
    assert hits(tmp_path / "data", [word]) == {}
    assert server.server.rights.holders.contains(word.encode()) == {"proofs": 1}
    await server.server.administration.run(PrivacyDecide(user="Anna", is_old_enough=True))

    assert left(server) == []
    assert await audited(server) == ["age.frozen", "proof.received", "proof.shown", "age.proven"]
    assert (await server.server.administration.run(PrivacyProofs()))["proofs"] == []


async def test_as_big_as_it_may_be(server: RoomServer) -> None:
    """The biggest file arrives whole; one byte more is refused with what was expected."""
    anna = await frozen(server)
    answer = await prove(server, anna, PNG + bytes(PROOF_BYTES - len(PNG) + 1))
    assert (answer.status, answer.body) == (413, b"expected a file of at most 5242880 bytes\n")
    assert left(server) == []
    assert (await prove(server, anna, PNG + bytes(PROOF_BYTES - len(PNG)))).status == 201


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<script>", b"\x7fELF"])
async def test_wrong_types(server: RoomServer, content: bytes) -> None:
    """What is no picture and no PDF is refused, whatever it says it is."""
    answer = await prove(server, await frozen(server), content)
    assert (answer.status, answer.body) == (415, b"expected a JPEG, a PNG or a PDF\n")
    assert left(server) == []


async def test_links(server: RoomServer) -> None:
    """A link is good once, for ten minutes, until the next one; and no path leads out of the folder."""
    anna = await frozen(server)
    first = (await anna.ask("privacy.prove"))["url"]
    second = (await anna.ask("privacy.prove"))["url"]
    assert (await send(server, first, PNG)).status == 404
    assert (await send(server, second, b"", "GET")).status == 405
    assert (await send(server, second, b"nonsense")).status == 415
    assert (await send(server, second, PNG)).status == 404
    late = (await anna.ask("privacy.prove"))["url"]
    await server.advance(LINK_MS / 1000)
    assert (await send(server, late, PNG)).status == 404
    for path in ("", "../keys/subject.key", "..%2f..%2fx", "x/y", "%00"):
        answer = await send(server, f"/privacy/proof/{path}", PNG)
        assert (answer.status, answer.body) == (
            404,
            b"expected a link of privacy.prove, good once for ten minutes\n",
        )
    assert left(server) == []


async def test_only_once(server: RoomServer) -> None:
    """While one waits there is no link for another, and one that was given before takes nothing."""
    anna = await frozen(server)
    assert (await prove(server, anna)).status == 201
    assert await refusal(anna) == {
        "code": "conflict",
        "message": "expected no proof yet, got one that waits for the operator",
        "temporary": True,
    }
    assert len(left(server)) == 2


async def test_only_frozen_accounts(server: RoomServer) -> None:
    """An active account gets no link; one that was decided meanwhile cannot use its own."""
    ben = await server.user("Ben")
    assert (await refusal(ben))["message"] == "expected an account that is frozen"
    anna = await frozen(server)
    url = (await anna.ask("privacy.prove"))["url"]
    await server.server.rights.ages.decide(anna.id, is_old_enough=True)
    assert (await send(server, url, PNG)).status == 409
    assert left(server) == []


async def test_few_at_a_time(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What links may receive together is bounded; who comes later is told when to try again."""
    monkeypatch.setattr(proofs, "LINKS_MAX", 1)
    anna, ben = await frozen(server), await frozen(server, "Ben")
    await anna.ask("privacy.prove")
    assert (await refusal(ben))["code"] == "overloaded"
    await anna.ask("privacy.prove")
    await server.advance(LINK_MS / 1000)
    await ben.ask("privacy.prove")


async def test_broken_off(server: RoomServer) -> None:
    """A file that stops on the way leaves nothing, and another may be sent."""
    anna = await frozen(server)
    url = (await anna.ask("privacy.prove"))["url"]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.server.port)
    writer.write(f"POST {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n".encode() + PNG)
    await writer.drain()
    writer.transport.abort()
    del reader
    assert (await prove(server, anna)).status == 201
    assert len(left(server)) == 2


async def test_deleted_in_time(server: RoomServer) -> None:
    """Without a decision it goes with its account after fourteen days, over a restart."""
    anna = await frozen(server)
    await prove(server, anna)
    await server.restart()
    assert len(left(server)) == 2
    await server.advance(AGE_PROOF_MS / 1000)
    await server.server.rights.tick()
    assert left(server) == []
    await server.server.sweeps.once()
    await server.server.rights.erasures.settled()
    assert await server.server._database.rows("SELECT 1 FROM accounts WHERE id = ?", (anna.id,)) == []


async def test_erasing_takes_it_along(server: RoomServer) -> None:
    """Whoever erases the frozen account instead erases the proof; the receipt counts it."""
    anna = await frozen(server)
    await prove(server, anna)
    await anna.ask("privacy.erase", confirm="Anna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    assert left(server) == []
    [row] = await server.server._database.rows("SELECT receipts FROM privacy_requests")
    assert '"proofs":1' in row["receipts"]


async def test_a_crash_after_the_decision(server: RoomServer) -> None:
    """A proof whose decision is on disk and that is still there goes at the next start."""
    anna = await frozen(server)
    await prove(server, anna)
    async with server.server._database.transaction() as tx:
        await server.server.rights.standings.release(tx, anna.id, server.clock.now_ms())
    await server.restart()
    await server.server.rights.tick()
    assert left(server) == []
