"""The sweep's loop: memory, rows and bytes on time, alarms when late, and clocks that jump."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol import commands
from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from roomserver.config import PrivacyConfig
from roomserver.sweep_loop import WATCHED, SweepLoop
from roomserver.testing.clock import BEGIN_MS, ManualClock
from roomserver.testing.server import RoomServer
from roomserver.testing.visitor import Visitor
from storage.errors import StorageUnavailableError
from storage.privacy.hooks import ExpiredBatch, Hook, SweepReport
from storage.privacy.policy import Policy
from storage.privacy.sweeper import Sweeper, Swept
from tests.support.canary import hits


class SteppedClock(ManualClock):
    """A clock set by hand whose wall clock can be set apart."""

    step_ms = 0

    def wall_ms(self) -> int:
        """Return what the wall clock says."""
        return self.now_ms() + self.step_ms


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data, clock=SteppedClock()) as server:
        yield server


async def den(server: RoomServer, chat_ttl_ms: int) -> Visitor:
    """Let a host make a room that keeps chat for so long, and say something in it."""
    host = await server.user("Hanna")
    made = await host.ask("room.create", name="Den")
    await host.join(made["room"]["id"])
    await host.call(commands.RoomUpdate(room=host.room, chat_ttl_ms=chat_ttl_ms))
    await host.ask("chat.send", room=host.room, text="canary-in-the-coal-mine")
    return host


def sweeps(server: RoomServer) -> SweepLoop:
    """Return the server's loop."""
    return server.server.sweeps


def alone(server: RoomServer) -> None:
    """Let only the test sweep."""
    [own] = [task for task in server.server._tasks if task.get_name() == "sweeper"]
    own.cancel()


async def rows(server: RoomServer) -> int:
    """Count the messages in the log."""
    row = await server.server._database.row("SELECT count(*) AS n FROM events WHERE category = 'chat'")
    assert row is not None
    count: int = row["n"]
    return count


async def test_what_is_over_leaves_memory(server: RoomServer) -> None:
    """A message that is over is in no snapshot, no ring and no room's memory, at its millisecond."""
    host = await den(server, 10_000)
    late = await server.guest()
    epoch_seq = await late.ask("room.join", room=host.room)
    assert len(epoch_seq["snapshot"]["chat"]) == 1
    await server.advance(9.999)
    other = await server.guest()
    assert len((await other.ask("room.join", room=host.room))["snapshot"]["chat"]) == 1
    await server.advance(0.001)
    third = await server.guest()
    assert (await third.ask("room.join", room=host.room))["snapshot"]["chat"] == []
    resume = {"epoch": epoch_seq["epoch"], "seq": epoch_seq["seq"] - 1}
    again = await third.ask("room.join", room=host.room, resume=resume)
    assert [event[2].get("text") for event in again["events"] if event[1] == "chat.message"] == [""]
    sweeps(server).forget(server.clock.over_ms())
    live = server.server.hub.live(host.room)
    assert live is not None
    assert live.room.state.chat == []


async def test_rows_and_bytes(server: RoomServer, data: Path) -> None:
    """A sweep after its time leaves neither row nor bytes."""
    await den(server, MINUTE_MS)
    await server.advance(61)
    assert await rows(server) == 1
    swept = await sweeps(server).once()
    assert swept is not None
    assert (swept.rows["events.chat"], swept.bytes_gone) == (1, True)
    assert await rows(server) == 0
    assert hits(data, ["canary-in-the-coal-mine"]) == {}


async def test_an_alarm_when_it_is_late(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When rows are not deleted in time the metric says since when, and health is not well."""

    async def nothing(*_: object) -> bool:
        return True

    await den(server, MINUTE_MS)
    loop = sweeps(server)
    await server.advance(60 + 14 * 60)
    monkeypatch.setattr(Sweeper, "_run", nothing)
    await loop.once()
    assert loop.late_seconds() == dict.fromkeys([(name,) for name in WATCHED], 0.0)
    assert loop.check() is None
    await server.advance(120)
    await loop.once()
    assert loop.late_seconds()["chat",] == 60
    assert loop.check() == "deletion is late: chat"
    status, _, body = server.server.health.alive()
    assert (status, body) == (503, b"deletion is late: chat\n")
    assert b'privacy_overdue_seconds{category="chat"} 60.0' in server.server.metrics.text()


async def test_an_alarm_while_storage_refuses(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where nothing can be written nothing is deleted: how late that is goes on to be read, and is told. No
    chore is done, for none could note it.
    """

    async def full(*_: object) -> None:
        raise StorageUnavailableError(OSError("disk full"))

    async def note(over_ms: int) -> None:
        done.append(over_ms)

    await den(server, MINUTE_MS)
    loop, done = sweeps(server), list[int]()
    alone(server)
    await loop.once()
    loop.chores = {"note": note}
    monkeypatch.setattr("roomserver.sweep_loop.keep_trusted", full)
    monkeypatch.setattr(Sweeper, "sweep", full)
    await server.advance(60 + 14 * 60)
    assert await loop.once() is None
    assert loop.check() is None
    await server.advance(120)
    assert await loop.once() is None
    late = loop.late_seconds()
    assert (late["chat",], late["sweep",]) == (60, 120)
    assert loop.check() == "deletion is late: chat, sweep"
    assert done == []
    monkeypatch.undo()
    await loop.once()
    assert (loop.check(), done) == (None, [server.clock.now_ms()])


async def test_an_alarm_when_nobody_sweeps(server: RoomServer) -> None:
    """Without a sweep that comes to its end an alarm follows by itself, whatever was read last."""
    loop = sweeps(server)
    await loop.once()
    await server.advance(15 * 60)
    assert loop.check() is None
    await server.advance(1)
    assert loop.check() == "deletion is late: sweep"
    assert b'privacy_overdue_seconds{category="sweep"} 1.0' in server.server.metrics.text()


class Breaking(Hook):
    """Raises whenever it is told something."""

    name = "breaking"
    categories = frozenset({"chat"})

    def on_expire(self, batch: ExpiredBatch) -> None:
        """Fail."""
        raise RuntimeError(batch)

    async def after_sweep(self, report: SweepReport) -> None:
        """Fail."""
        raise RuntimeError(report)

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Fail."""
        raise RuntimeError(old, new)


async def test_a_hook_that_breaks(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that fails ends neither loop nor start nor a change of policy; what it holds up is told."""
    monkeypatch.setattr("roomserver.retention.load_hooks", lambda _names: [Breaking()])
    policy = tmp_path / "privacy.toml"
    policy.write_text("schema = 1\n", encoding="utf-8")
    config = PrivacyConfig(policy=str(policy))
    async with RoomServer(data, clock=SteppedClock(), privacy=config) as server:
        await den(server, MINUTE_MS)
        policy.write_text('schema = 1\n[category.votes]\nttl = "9d"\n', encoding="utf-8")
        assert await server.server.adopt_policy(config)
        assert server.server.rights.rev() == 2
        await server.advance(61)
        assert await sweeps(server).once() is not None
        assert sweeps(server).check() == "deletion fails: events.chat"
        await server.restart()  # its start fails with the same
        assert await rows(server) == 1
        [task] = [task for task in server.server._tasks if task.get_name() == "sweeper"]
        await server.settled()
        assert not task.done()


async def test_one_after_the_other(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep that is asked for while another is under way begins when that has ended."""
    loop, begun = sweeps(server), list[str]()
    go_on, entered = asyncio.Event(), asyncio.Event()
    await loop.once()

    async def slow(_now_ms: int, _within_seconds: float | None) -> Swept:
        begun.append("begun")
        entered.set()
        await go_on.wait()
        begun.append("ended")
        return Swept({}, frozenset(), True, True, frozenset())

    monkeypatch.setattr(server.server.retention.sweeping.sweeper, "sweep", slow)
    both = asyncio.gather(loop.once(), loop.once())
    await entered.wait()
    await server.settled()  # the other one had its chance
    assert begun == ["begun"]
    go_on.set()
    await both
    assert begun[:4] == ["begun", "ended"] * 2


@pytest.mark.parametrize("error", [OSError("no"), RuntimeError("no")])
async def test_memory_that_cannot_be_let_go_of(
    server: RoomServer, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that fails, as one of files may, keeps no row from going, and is an alarm until it is done."""

    def fail(_now_ms: int) -> int:
        raise error

    await den(server, MINUTE_MS)
    loop = sweeps(server)
    await server.advance(61)
    monkeypatch.setattr(loop, "forget", fail)
    await loop.once()
    assert await rows(server) == 0
    assert (loop.check(), loop.rounds.failures["memory"] > 0) == ("deletion fails: memory", True)
    monkeypatch.undo()
    await loop.once()
    assert loop.check() is None


async def test_bytes_that_stay(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads, bytes cannot go: after an hour that is an alarm."""

    async def busy() -> bool:
        return False

    loop = sweeps(server)
    monkeypatch.setattr(server.server._database, "checkpoint", busy)
    await loop.once()
    await server.advance(3601)
    await loop.once()
    assert loop.check() == "deletion is late: bytes"


async def test_a_year_ahead(server: RoomServer) -> None:
    """A wall clock a year ahead hides everything and destroys nothing, and health says why."""
    host = await den(server, HOUR_MS)
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    await sweeps(server).once()
    clock.step_ms = 365 * DAY_MS
    await server.advance(60)
    await sweeps(server).once()
    assert (await host.ask("chat.history", room=host.room))["messages"] == []
    assert await rows(server) == 1
    problem = sweeps(server).check()
    assert problem is not None
    assert "ahead; nothing is deleted yet" in problem
    clock.step_ms = 0
    await server.advance(60)
    await sweeps(server).once()
    assert len((await host.ask("chat.history", room=host.room))["messages"]) == 1
    assert sweeps(server).check() is None


async def test_what_a_wrong_clock_stamped(data: Path) -> None:
    """
    A process that started on a clock a year ahead records with it; the next one, whose clock is right, brings
    that back: it is kept for as long as from now on, and no longer.
    """
    begin = BEGIN_MS
    async with RoomServer(data, clock=SteppedClock(begin)) as server:
        await sweeps(server).once()
    async with RoomServer(data, clock=SteppedClock(begin + 365 * DAY_MS)) as server:
        host = await den(server, HOUR_MS)
        await sweeps(server).once()
        assert len((await host.ask("chat.history", room=host.room))["messages"]) == 1
        assert sweeps(server).check() is not None
    async with RoomServer(data, clock=SteppedClock(begin + MINUTE_MS)) as server:
        # Not by the start itself, which has more urgent things to do.
        row = await server.server._database.row("SELECT expires_at_ms FROM events WHERE category = 'chat'")
        assert row is not None
        assert row[0] - begin in {HOUR_MS + MINUTE_MS, 365 * DAY_MS + HOUR_MS}
        await sweeps(server).once()
        row = await server.server._database.row("SELECT expires_at_ms FROM events WHERE category = 'chat'")
        assert row is not None
        assert row[0] == begin + MINUTE_MS + HOUR_MS
        assert not server.server.retention.sweeping.trusted.ran_ahead
        await server.advance(3600)
        await sweeps(server).once()
        assert await rows(server) == 0


async def test_a_start_sweeps_first(data: Path) -> None:
    """A server that starts has swept before it lets anybody in."""
    async with RoomServer(data, clock=SteppedClock()) as server:
        await den(server, MINUTE_MS)
        await server.advance(120)
        await server.restart()
        assert await rows(server) == 0


async def test_a_pause_is_told(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in a policy, once it reached old rows, waits for the operator and says so."""
    monkeypatch.setattr("storage.privacy.pauses.ROWS_MIN", 0)
    policy = tmp_path / "privacy.toml"
    policy.write_text("schema = 1\n", encoding="utf-8")
    config = PrivacyConfig(policy=str(policy))
    async with RoomServer(data, clock=SteppedClock(), privacy=config) as server:
        await den(server, 30 * DAY_MS)
        policy.write_text('schema = 1\n[category.chat]\nceiling = "30m"\nttl = "30m"\n', encoding="utf-8")
        await server.server.adopt_policy(config)
        await server.advance(71 * 3600)
        await sweeps(server).once()
        assert await rows(server) == 1  # the cool-off
        await server.advance(2 * 3600)
        await sweeps(server).once()
        assert await rows(server) == 1  # the pause
        problem = sweeps(server).check()
        assert problem == "deletion waits for the operator: chat"
        guest = await server.guest()
        await guest.join("den")
        assert (await guest.ask("chat.history", room="den"))["messages"] == []
        assert await server.server.retention.sweeping.pauses.allow("chat", server.clock.now_ms())
        await sweeps(server).once()
        assert await rows(server) == 0


@pytest.mark.parametrize("error", [OSError("disk full"), StorageUnavailableError(OSError("disk full"))])
async def test_a_chore_that_fails(server: RoomServer, error: Exception) -> None:
    """What cannot be done now ends neither the sweep nor the other chores; a start does none."""
    loop, done = sweeps(server), []

    async def fail(_over_ms: int) -> None:
        raise error

    async def note(over_ms: int) -> None:
        done.append(over_ms)

    alone(server)
    loop.chores = {"fail": fail, "note": note}
    assert await loop.once(0.1) is not None
    assert done == []
    assert await loop.once() is not None
    assert done == [server.clock.now_ms()]
