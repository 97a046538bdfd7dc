"""Rooms that lost their host, on a running server: closed, taken over, deleted on time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol import commands
from protocol.limits import DAY_MS, ROOM_ARCHIVE_MS
from roomserver.admin.rooms import RoomDelete, RoomList, RoomTakeOver
from roomserver.testing.server import PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from roomserver.testing.wire import Refused
from tests.roomserver.test_sweep_loop import SteppedClock


@pytest.fixture(name="server")
async def _server(data: Path) -> AsyncIterator[RoomServer]:
    async with RoomServer(data, clock=SteppedClock()) as server:
        yield server


async def orphaned(server: RoomServer, *staff: Visitor) -> str:
    """Let Hanna make a room, give it staff who inherit nothing, and be erased; return its id."""
    host = await server.user("Hanna")
    made = await host.ask("room.create", name="Hanna's Den", slug="den")
    await host.join("den")
    for each in staff:
        await each.join("den")
        await host.call(commands.StaffSet(room=host.room, user=each.id, role="bouncer"))
    await host.ask("privacy.erase", confirm="Hanna", password=PASSWORD)
    await server.server.rights.erasures.settled()
    return str(made["room"]["id"])


async def code_of(visitor: Visitor, method: str, **params: object) -> str:
    """Return the code of a refusal."""
    with pytest.raises(Refused) as refused:
        await visitor.ask(method, **params)
    return str(refused.value.error["code"])


async def audited(server: RoomServer) -> list[str]:
    """Return what the audit says of rooms."""
    rows = await server.server.rights.audit.tail(50)
    return [row["action"] for row in rows if row["action"].startswith("room.")]


async def test_closed_to_everybody(server: RoomServer) -> None:
    """Who is in it is told until when it waits; nobody gets in, and no list has it."""
    bob = await server.user("Bob")
    ident = await orphaned(server, bob)
    closed = await bob.hear("room.closed", room=ident)

    assert closed["reason"] == "archived"
    assert closed["until_ms"] - server.clock.now_ms() == ROOM_ARCHIVE_MS
    for method in ("room.join", "room.get"):
        with pytest.raises(Refused) as refused:
            await bob.ask(method, room="den")
        assert refused.value.error["code"] == "room_archived"
        assert refused.value.error["until_ms"] == closed["until_ms"]
    assert [room["slug"] for room in (await bob.ask("room.list"))["rooms"]] == ["lobby"]
    assert await audited(server) == ["room.archived"]


async def test_staff_take_it_over(server: RoomServer) -> None:
    """One of its staff becomes host and it is open again; strangers, guests and later ones are refused."""
    bob, eve, gus = await server.user("Bob"), await server.user("Eve"), await server.guest("Gus")
    ident = await orphaned(server, bob)
    for stranger in (eve, gus):
        assert await code_of(stranger, "room.claim", room="den") == "forbidden"
    assert await code_of(bob, "room.claim", room="lobby") == "not_found"
    taken = await bob.ask("room.claim", room=ident)
    assert (taken["room"]["slug"], taken["room"]["name"]) == ("den", "den")
    assert (await bob.ask("room.join", room="den"))["you"]["role"] == "host"
    assert await code_of(bob, "room.claim", room="den") == "not_found"
    await eve.join("den")
    assert await audited(server) == ["room.archived", "room.taken_over"]


async def test_nobody_goes_on_from_before(server: RoomServer) -> None:
    """Who was in it before it was archived takes it anew: no event tells what went."""
    bob, eve = await server.user("Bob"), await server.user("Eve")
    await orphaned(server, bob)
    held = server.server
    row = await held._database.row("SELECT epoch, seq FROM rooms WHERE slug = 'den'")
    assert row is not None
    await bob.ask("room.claim", room="den")
    joined = await eve.ask("room.join", room="den", resume={"epoch": row["epoch"], "seq": row["seq"]})
    assert (joined["recovered"], joined["snapshot"]["room"]["name"]) == (False, "den")


async def test_the_operator_decides(server: RoomServer) -> None:
    """Anybody's room for anybody with an account, or nobody's at once."""
    eve, gus = await server.user("Eve"), await server.guest("Gus")
    await orphaned(server)
    run = server.server.administration.run
    [row] = [room for room in (await run(RoomList()))["rooms"] if room["slug"] == "den"]  # type: ignore[attr-defined]
    assert row["deleted_at_ms"] is not None
    for user, expected in (("Gus", "expected a user"), ("nobody", "expected the name")):
        with pytest.raises(Exception, match=expected):
            await run(RoomTakeOver(room="den", user=user))
    assert (await run(RoomTakeOver(room="den", user="Eve")))["slug"] == "den"
    assert (await eve.ask("room.join", room="den"))["you"]["role"] == "host"
    await eve.ask("privacy.erase", confirm="Eve", password=PASSWORD)
    await server.server.rights.erasures.settled()
    with pytest.raises(Exception, match="to confirm"):
        await run(RoomDelete(room="den", confirm="lobby"))
    await run(RoomDelete(room="den", confirm="den"))
    assert await code_of(gus, "room.join", room="den") == "not_found"
    assert await audited(server) == ["room.archived", "room.taken_over", "room.archived", "room.deleted"]


async def test_deleted_on_time(server: RoomServer) -> None:
    """After its time, over a restart, the sweep deletes it with its log; not a day before."""
    bob = await server.user("Bob")
    ident = await orphaned(server, bob)
    await server.advance(ROOM_ARCHIVE_MS / 1000 - 86_400)
    await server.server.sweeps.once()
    assert await server.server.rights.unowned.count() == 1
    await server.restart()
    await server.advance(86_400)
    await server.server.sweeps.once()
    assert await server.server.rights.unowned.count() == 0
    rows = await server.server._database.rows("SELECT id FROM rooms WHERE id = ?", (ident,))
    assert rows == []
    assert await audited(server) == ["room.archived", "room.deleted"]


async def test_a_held_room_waits(server: RoomServer) -> None:
    """While something of a room is held the sweep deletes nothing of it, says nothing, and tries again."""
    ident = await orphaned(server)
    await server.server._database.ask_before_destroying(lambda _doomed: True)
    await server.advance(ROOM_ARCHIVE_MS / 1000)
    unowned, now = server.server.rights.unowned, server.clock.now_ms()
    assert [await unowned.delete_due(now) for _ in range(2)] == [0, 0]
    assert await audited(server) == ["room.archived"]
    await server.server._database.ask_before_destroying(lambda _doomed: False)
    assert await unowned.delete_due(now) == 1
    assert await unowned.find(ident) is None
    assert await audited(server) == ["room.archived", "room.deleted"]


async def test_a_clock_set_ahead_deletes_no_room(server: RoomServer) -> None:
    """A wall clock that jumps a year is not believed for a day, and the room waits on."""
    await orphaned(server)
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    await server.server.sweeps.once()
    clock.step_ms = 365 * DAY_MS
    await server.server.sweeps.once()
    assert await server.server.rights.unowned.count() == 1


async def test_staff_of_an_archived_room_are_erased(server: RoomServer) -> None:
    """An archived room does not hold up the erasure of others who are tied to it."""
    bob = await server.user("Bob")
    await orphaned(server, bob)
    await bob.ask("privacy.erase", confirm="Bob", password=PASSWORD)
    await server.server.rights.erasures.settled()
    assert await server.server._database.rows("SELECT 1 FROM staff WHERE account_id = ?", (bob.id,)) == []
