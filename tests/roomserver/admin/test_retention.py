"""What operators do about retention: allow, believe the clock, reset hooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.limits import DAY_MS
from roomserver.admin.command import AdminError
from roomserver.admin.retention import PrivacyAllow, PrivacyClock, PrivacyHooks
from roomserver.testing.server import RoomServer
from storage.privacy.hooks import Decision, Hook, HookChain, RecordContext


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data) as server:
        yield server


async def test_allow(server: RoomServer) -> None:
    """What waits can be let go; nothing else can."""
    run = server.server.administration.run
    with pytest.raises(AdminError, match="expected none: nothing waits, got 'chat'"):
        await run(PrivacyAllow(category="chat"))
    async with server.server._database.transaction() as tx:
        await tx.execute(
            "INSERT INTO sweep_pauses (category, at_ms, expired, total) VALUES ('chat', 1, 7, 9)"
        )
    assert await run(PrivacyAllow(category="chat")) == {"category": "chat", "expired": 7}


async def test_clock(server: RoomServer) -> None:
    """The clock is believed at the operator's word."""
    trusted = server.server.retention.sweeping.trusted
    trusted.trusted_ms = server.clock.now_ms() - 90 * DAY_MS
    answer = await server.server.administration.run(PrivacyClock())
    assert answer == {"trusted_ms": server.clock.wall_ms()}
    assert trusted.trusted_ms == server.clock.wall_ms()


class Broken(Hook):
    """Fails at everything."""

    name = "broken"
    categories = frozenset({"chat"})

    def before_record(self, context: RecordContext) -> Decision:
        """Fail."""
        raise RuntimeError


async def test_hooks(server: RoomServer) -> None:
    """A hook that tripped is shown, said in the notice, and reset by name."""
    retention, run = server.server.retention, server.server.administration.run
    chain = HookChain([Broken()])
    retention.hooks = retention.recorder.hooks = chain
    guest = await server.guest()
    await guest.join("lobby")
    for number in range(3):
        await guest.ask("chat.send", room="lobby", text=f"message {number}")
    shown = await run(PrivacyHooks())
    assert shown == {"hooks": {"broken": {"failed": 3}}, "tripped": {"broken": ["chat"]}}
    with pytest.raises(AdminError, match="expected broken, got 'other'"):
        await run(PrivacyHooks(reset="other"))
    assert (await run(PrivacyHooks(reset="broken")))["tripped"] == {}
    with pytest.raises(AdminError, match="expected none: no hook is tripped"):
        await run(PrivacyHooks(reset="broken"))
