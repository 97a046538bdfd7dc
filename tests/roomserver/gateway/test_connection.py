"""Connections that do not read: bounded, closed, and unnoticed by everyone else."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import weakref

import pytest

from protocol.commands import ChatSend
from protocol.values import User
from roomserver.gateway.connection import Connection
from roomserver.gateway.life import FULL_BYTES, HIGH_WATER_BYTES, SLOW_BYTES
from roomserver.live import LiveRoom
from tests.support.server import House, RawSocket, Wire, masked, rss_kib

EVERY_LOOP = True

TEXT = "🎵" * 256
"""A kilobyte of chat."""


def connection_of(house: House, raw: RawSocket) -> Connection:
    """Return the server's end of a connection, with a small buffer in the kernel."""
    port = raw.writer.get_extra_info("sockname")[1]
    for connection in house.server.gateway._connections:
        if connection._transport.get_extra_info("peername")[1] == port:
            plain = connection._transport.get_extra_info("socket")
            with socket.socket(fileno=os.dup(plain.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
            return connection
    raise AssertionError("the server knows its connections")


async def in_the_lobby(house: House) -> tuple[Wire, RawSocket, Connection, LiveRoom]:
    """Let one who reads and one who will not read into the lobby."""
    reader = await house.guest("reader")
    await reader.ask("room.join", room="lobby")
    raw = await house.raw_guest()
    raw.ask(2, "room.join", {"room": "lobby"})
    await raw.read_until(b"recovered")
    live = house.server.hub.live("lobby")
    assert live is not None
    return reader, raw, connection_of(house, raw), live


async def chatter(house: House, live: LiveRoom, speaker: Wire, messages: int) -> None:
    """Let the room be busy, faster than the rates would allow one person."""
    user = User(**speaker.user)
    for _ in range(messages):
        house.server.hub.apply(live, user, ChatSend(room=live.id, text=TEXT))
    await house.server.beat.barrier()


async def gone(house: House, connection: Connection) -> None:
    """Wait until the server has dropped a connection."""
    gateway, dropped = house.server.gateway, asyncio.Event()
    forget = gateway.closed

    def closed(one: Connection, code: int | None) -> None:
        forget(one, code)
        if one is connection:
            dropped.set()

    gateway.closed = closed  # type: ignore[assignment, method-assign]  # the seam through which a connection ends
    async with asyncio.timeout(8):
        if connection in gateway._connections:
            await dropped.wait()


async def test_slow_reader_in_a_busy_room(house: House) -> None:
    """Who does not read while the room is busy is closed with 4102; memory is bounded, others hear all."""
    reader, _, connection, live = await in_the_lobby(house)
    before_kib = rss_kib()
    buffered = []
    total = 0
    while not connection.is_closing:
        assert total < 20_000, "a slow reader is closed"
        await chatter(house, live, reader, 100)
        total += 100
        buffered.append(connection._transport.get_write_buffer_size())
    assert max(buffered) > HIGH_WATER_BYTES
    assert max(buffered) < FULL_BYTES + 512 * 1024
    last = live.room.state.seq
    await reader.hear("chat.message", seq=last)
    seqs = [message["seq"] for message in reader.events("chat.message")]
    assert seqs == list(range(last - total + 1, last + 1))
    await gone(house, connection)
    assert house.server.gateway.closes[4102] == 1
    assert rss_kib() - before_kib < 64 * 1024
    assert set(live.subscribers) == {reader.user["id"]}


async def test_latest_values_are_left_out(house: House) -> None:
    """A slow connection is not fed with tallies and member lists, which are void by the time it reads."""
    reader, _, connection, live = await in_the_lobby(house)
    while connection._transport.get_write_buffer_size() < 2 * SLOW_BYTES:
        await chatter(house, live, reader, 50)
    before = connection._transport.get_write_buffer_size()
    for _ in range(3):
        other = await house.guest()
        await other.ask("room.join", room="lobby")
    await reader.hear("room.members", population=5)
    assert connection._transport.get_write_buffer_size() <= before
    assert connection.is_slow


async def test_stalled_reader(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes nothing at all is closed after a while, however little is waiting."""
    monkeypatch.setattr("roomserver.gateway.connection.STALLED_MS", 300)
    monkeypatch.setattr("roomserver.gateway.connection.HANDSHAKE_MS", 1500)
    monkeypatch.setattr("roomserver.gateway.connection.CLOSE_MS", 300)
    reader, _, connection, live = await in_the_lobby(house)
    while connection._stalled_since is None:
        await chatter(house, live, reader, 20)
    assert connection._transport.get_write_buffer_size() < FULL_BYTES
    await gone(house, connection)
    assert house.server.gateway.closes[4102] == 1


async def test_catching_up(house: House) -> None:
    """Who pauses for a moment and then reads on has missed nothing and stays."""
    reader, raw, connection, live = await in_the_lobby(house)
    total = 0
    while connection._stalled_since is None:
        await chatter(house, live, reader, 20)
        total += 20
    last = await reader.ask("chat.send", room="lobby", text="the last one")
    await raw.read_until(str(last["id"]).encode())
    await reader.synced()
    assert connection._stalled_since is None
    raw.ask(3, "room.get", {"room": "lobby"})
    await raw.read_until(b"slug")


@pytest.mark.parametrize("opcode", [9, 2])
async def test_flood_without_reading(house: House, opcode: int) -> None:
    """
    Whoever floods and does not read is not read any more: the server holds a bounded answer.

    Once with pings, which the frame layer answers, once with requests.
    """
    calm = await house.guest()
    raw = await house.raw_guest()
    connection = connection_of(house, raw)
    before_kib = rss_kib()
    payload = bytes(125) if opcode == 9 else b"\x94\x00\x01\xaaclock.sync\x81\xa5t1_us\x01"
    chunk = masked(payload, opcode) * 200
    most = sent = 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    while sent < 64 * 1024 * 1024 and loop.time() - began < 1.5 and not connection.is_closing:
        if raw.writer.transport.get_write_buffer_size() < 1024 * 1024:
            raw.writer.write(chunk)
            sent += len(chunk)
        await asyncio.sleep(0)  # both ends run on this loop
        most = max(most, connection._transport.get_write_buffer_size())
    assert most < HIGH_WATER_BYTES + 1024 * 1024
    assert rss_kib() - before_kib < 64 * 1024
    # Either reading is paused, or the flood was closed as one.
    assert connection.is_closing or connection._paused_for == {"writing"}
    await asyncio.wait_for(calm.synced(), 2)


async def test_a_ping_for_who_is_half_gone(house: House) -> None:
    """A client that closed its half while its answers still wait is not pinged, and stops no timer."""
    raw = await house.raw_guest()
    connection = connection_of(house, raw)
    connection._protocol.receive_eof()
    late = house.server._clock.now_ms() + 10 * house.server.gateway.limits.ping_interval_ms
    assert connection.check(late) is not None
    timer = house.server.gateway._timer
    house.server.gateway._turn()
    assert house.server.gateway._timer is not timer


async def test_a_lost_connection_leaves_nothing(house: House) -> None:
    """With a connection its frame layer goes, without waiting for the collector."""
    _, raw, connection, _ = await in_the_lobby(house)
    left = weakref.ref(connection._protocol)
    gc.disable()
    try:
        raw.writer.transport.abort()
        await gone(house, connection)
        await house.server.beat.barrier()
        assert left() is None
    finally:
        gc.enable()
