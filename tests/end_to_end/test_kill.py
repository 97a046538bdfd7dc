"""
``kill -9`` under load: nothing acknowledged is lost, nothing is told twice differently, all resume.

Two hundred clients in eight rooms chat, vote and queue up; the server dies at a random
moment and is started again on its data.
"""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from client_demo.sdk import Client
from protocol.reducer import recent
from roomserver.config import DATABASE
from tests.support.crowd import (
    PATIENCE_SECONDS,
    Size,
    assert_everyone_saw_the_same,
    assert_nothing_promised_is_lost,
    balance_of,
    caught_up,
    count_messages,
    plays,
    read_back,
    settle,
)
from tests.support.process import Process, process

__all__ = ["process"]

SIZE = Size(clients=200, users=24, rooms=8)
LOAD_SECONDS = (2.0, 4.0)
"""The kill comes at a random moment of this stretch."""
WAVE_SECONDS = 0.06
"""And of this one, in which the server is at work on two hundred messages."""


@pytest.mark.slow
async def test_kill_under_load(process: Process, data: Path) -> None:
    """See the module: promises kept, one truth, no gap, and the songs go on where they were."""
    people = await settle(process.url, SIZE)
    assert len(people) == SIZE.clients
    over = asyncio.Event()
    watching = [asyncio.create_task(person.watch()) for person in people]
    epochs = {person.room.id: person.room.epoch for person in people}
    living = [asyncio.create_task(person.live(over)) for person in people]
    moment = random.uniform(*LOAD_SECONDS)
    await asyncio.sleep(moment)
    playing = plays(people[: SIZE.rooms])
    # All speak at once, so that the kill finds requests in every stage: sent, handled, committed, told.
    wave = [asyncio.create_task(person.say(f"{person.number}-wave")) for person in people]
    await asyncio.sleep(random.uniform(0.0, WAVE_SECONDS))
    before = sum(len(person.said) for person in people)
    open_requests = sum(person.client.open_requests for person in people)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    committed = count_messages(data / DATABASE) - before
    await process.start()
    await asyncio.sleep(2.0)  # some come back at once and go on chatting
    over.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*living, *wave)
    await caught_up(people)

    assert [person.client.stopped for person in people] == [None] * SIZE.clients
    assert {person.client.connections for person in people} == {2}
    assert {person.room.id: person.room.epoch for person in people} == epochs
    assert plays(people[: SIZE.rooms]) == playing
    for host in people[: SIZE.rooms]:
        fresh = Client(process.url)
        async with fresh:
            await fresh.guest()
            view = await fresh.join(host.room.id)
            now = fresh.hello.server_time_ms if fresh.hello else 0
            # Votes are told in batches: the last one may still be on its way to those inside.
            async with asyncio.timeout(PATIENCE_SECONDS):
                while host.room.snapshot.votes != view.snapshot.votes:
                    host.news.clear()
                    await host.news.wait()
            theirs, ours = recent(view.snapshot, now), recent(host.room.snapshot, now)
            for field in theirs.__struct_fields__:
                assert getattr(ours, field) == getattr(theirs, field), field
    for person in people:
        await person.client.close()
    await asyncio.gather(*watching)
    assert await process.end(signal.SIGTERM) == 0
    assert "Traceback" not in process.log

    stored = await read_back(data / DATABASE, list(epochs))
    chats, votes, places = assert_nothing_promised_is_lost(people, stored)
    compared = assert_everyone_saw_the_same(people, stored)
    assert chats > before > 0
    balance = balance_of(people, data / DATABASE)
    assert (balance.lost, balance.doubled) == (0, 0)
    print(
        f"{balance.lost} acknowledged changes lost, {balance.doubled} duplicated events;"
        f" killed after {moment:.2f} s with {open_requests} requests open, {committed} of them committed;"
        f" acknowledged: {chats} messages"
        f" ({before} before the kill), {votes} votes, {places} places; retried"
        f" {sum(person.retried for person in people)}; resumed {len(people)}; events compared {compared}"
        f" of {len(stored.events)}"
    )
