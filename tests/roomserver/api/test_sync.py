"""Reports of players, over a real connection."""

from __future__ import annotations

import re

from client_demo.sdk import Client
from protocol import commands
from protocol.errors import ErrorCode
from protocol.results import Empty
from tests.support.world import World, assert_refused


def report(play_id: str, error_ms: int = 3, *, seeks: int = 0, stalls: int = 0) -> commands.SyncReport:
    """Return a player's report from the lobby."""
    return commands.SyncReport(
        room="lobby",
        play_id=play_id,
        error_ms_p50=error_ms,
        error_ms_p95=2 * error_ms,
        rtt_ms=20,
        seeks=seeks,
        stalls=stalls,
        player="html5",
    )


def measured(world: World, name: str) -> float:
    """Return what is scraped under a name."""
    text = world.server.metrics.text().decode()
    [value] = re.findall(rf"^roomserver_{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(value)


async def enter(client: Client) -> str:
    """Enter the lobby, which plays; return the id of its play."""
    view = await client.join("lobby")
    while view.snapshot.booth.play is None:
        await anext(client.events())
    return view.snapshot.booth.play.id


async def test_counted(world: World) -> None:
    """The operator sees how far players are off, and how often they had to seek or ran dry."""
    guest = await world.guest()
    play_id = await enter(guest)
    for error_ms in (1, 4, 600):
        result: Empty = await guest.call(report(play_id, error_ms, seeks=2, stalls=1))
        assert result == Empty()

    assert measured(world, "playback_error_seconds_count") == 3
    assert measured(world, 'playback_error_seconds_bucket{le="0.002"}') == 1
    assert measured(world, 'playback_error_seconds_bucket{le="0.005"}') == 2
    assert measured(world, 'playback_error_seconds_bucket{le="0.5"}') == 2
    assert (measured(world, "playback_seeks_total"), measured(world, "playback_stalls_total")) == (6, 3)


async def test_of_another_play(world: World) -> None:
    """A report about a play that is over is refused and not counted."""
    guest = await world.guest()
    await enter(guest)

    await assert_refused(guest, report("gone"), ErrorCode.STALE_PLAY)
    assert measured(world, "playback_error_seconds_count") == 0


async def test_not_here(world: World) -> None:
    """Only members report."""
    guest, stranger = await world.guest(), await world.guest()
    play_id = await enter(guest)

    await assert_refused(stranger, report(play_id), ErrorCode.NOT_IN_ROOM)
    assert measured(world, "playback_error_seconds_count") == 0
