"""
``kill -9`` under load: nothing acknowledged is lost, nothing is told twice differently, all resume.

Two hundred clients in eight rooms chat, vote and queue up; the server dies at a random
moment and is started again on its data.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest

from client_demo.sdk import Client, ConnectionLostError, RequestError
from client_demo.sdk.rooms import Resynced, RoomView
from protocol import commands
from protocol.commands import Birth, Command
from protocol.events import RoomEvent
from protocol.reducer import recent
from protocol.values import Media, Play
from roomserver.config import DATABASE
from storage.database import Database
from storage.rooms import Rooms

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENTS = 200
USERS = 24
"""Registered clients; the others are guests."""
ROOMS = 8
LOAD_SECONDS = (2.0, 4.0)
"""The kill comes at a random moment of this stretch."""
WAVE_SECONDS = 0.06
"""And of this one, in which the server is at work on two hundred messages."""
PATIENCE_SECONDS = 40.0
PASSWORD = "correct horse battery"
SONG_MS = 600_000


class Process:
    """The server in a process of its own."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/ws"
        self._data = data
        self._log = data / "server.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return when it listens."""
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "ROOMSERVER_AUTH__ARGON2_TIME_COST": "1",
            "ROOMSERVER_AUTH__ARGON2_MEMORY_KIB": "32",
        }
        arguments = ("-m", "roomserver", "serve", "--port", str(self.port), "--data", str(self._data))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                cwd=REPOSITORY,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 20)
        assert line.startswith(b"roomserver "), self.log

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode is not None
        return process.returncode

    @property
    def log(self) -> str:
        """Everything it logged."""
        return self._log.read_text(encoding="utf-8")


@pytest.fixture
async def process(data: Path) -> AsyncIterator[Process]:
    """Return a running server that is gone afterwards."""
    process = Process(data)
    await process.start()
    yield process
    await process.end(signal.SIGKILL)


class Said(NamedTuple):
    """A message that was acknowledged."""

    nonce: str
    text: str
    id: str
    seq: int


class Person:
    """A client with a memory: what it was promised, and what it saw."""

    def __init__(self, client: Client, number: int, room: RoomView) -> None:
        self.client = client
        self.number = number
        self.room = room
        self.joined_at = room.seq
        self.dice = random.Random(number)
        self.said: list[Said] = []
        self.vote: tuple[str, int] | None = None
        self.vote_in_doubt = False
        self.waits = False
        self.retried = 0
        self.seen: list[tuple[str, RoomEvent]] = []
        self.resyncs = 0
        self.news = asyncio.Event()

    @property
    def user_id(self) -> str:
        """Who this is."""
        assert self.client.session is not None
        return self.client.session.user.id

    async def watch(self) -> None:
        """Remember every durable event with the epoch it came in."""
        async for event in self.client.events():
            if isinstance(event, Resynced):
                self.resyncs += 1
            elif isinstance(event, RoomEvent):
                self.seen.append((self.room.epoch, event))
            self.news.set()

    async def until(self, seq: int) -> None:
        """Wait until everything up to ``seq`` was seen."""
        while self.joined_at + len(self.seen) < seq:
            self.news.clear()
            await self.news.wait()

    async def insist(self, command: Command) -> Any:
        """Ask until there is an answer, through whatever happens to the connection."""
        while True:
            try:
                return await self.client.call(command)
            except ConnectionLostError:
                self.retried += 1

    async def live(self, over: asyncio.Event) -> None:
        """Chat all the time; as a user queue up once, and vote now and then."""
        queue_at = self.dice.uniform(0.0, LOAD_SECONDS[1])
        began = time.monotonic()
        number = 0
        while not over.is_set():
            await asyncio.sleep(self.dice.uniform(0.4, 1.4))
            await self.say(f"{self.number}-{number}")
            number += 1
            if self.number < USERS:
                await self._vote()
                if not self.waits and time.monotonic() - began > queue_at:
                    await self._queue()

    async def say(self, nonce: str) -> None:
        """Say something, once, whatever it takes."""
        text = f"message {nonce}"
        result = await self.insist(commands.ChatSend(room=self.room.id, text=text, nonce=nonce))
        self.said.append(Said(nonce, text, result.id, result.seq))

    async def _vote(self) -> None:
        play = self.room.snapshot.booth.play
        if play is None or (play.dj is not None and play.dj.id == self.user_id):
            return
        value: Literal[1, -1] = 1 if self.dice.random() < 0.5 else -1
        vote = commands.VoteCast(room=self.room.id, play_id=play.id, value=value)
        try:
            self.vote_in_doubt = True
            await self.client.call(vote)
        except ConnectionLostError:
            return  # it may or may not have been counted
        except RequestError as refused:
            if refused.code not in {"stale_play", "own_play"}:
                raise
            return
        self.vote, self.vote_in_doubt = (play.id, value), False

    async def _queue(self) -> None:
        try:
            await self.insist(commands.WaitlistJoin(room=self.room.id, media=song(self.number)))
        except RequestError as refused:
            # The first try had been committed, and only its answer was lost.
            if refused.code != "already_waiting" or not self.retried:
                raise
        self.waits = True


def song(number: int) -> Media:
    """Return something long to play."""
    return Media(source="direct", source_id="/media/song.ogg", title=f"song {number}", duration_ms=SONG_MS)


async def settle(url: str) -> list[Person]:
    """Let everyone connect, log in and join their room; make the rooms first."""
    birth = Birth(year=1990, month=1, day=1)

    async def enter(number: int) -> Person:
        client = Client(url)
        await client.__aenter__()
        if number < USERS:
            await client.register(f"user-{number}", PASSWORD, birth)
        else:
            await client.guest(f"guest-{number}")
        if number < ROOMS:
            await client.call(commands.RoomCreate(name=f"Room {number}", slug=f"room-{number}"))
        view = await client.join(f"room-{number % ROOMS}")
        return Person(client, number, view)

    people = list(await asyncio.gather(*(enter(number) for number in range(ROOMS))))
    for start in range(ROOMS, CLIENTS, 32):
        numbers = range(start, min(start + 32, CLIENTS))
        people += await asyncio.gather(*(enter(number) for number in numbers))
    for host in people[:ROOMS]:
        await host._queue()
    return people


def plays(people: list[Person]) -> dict[str, Play]:
    """Return what every room plays, as its host sees it."""
    found = {person.room.id: person.room.snapshot.booth.play for person in people[:ROOMS]}
    assert all(play is not None and play.dj is not None for play in found.values())
    return {room: play for room, play in found.items() if play is not None}


async def caught_up(people: list[Person]) -> None:
    """Wait until everyone is back in their room and has seen all there is."""
    await asyncio.gather(*(person.insist(commands.RoomGet(room=person.room.id)) for person in people))
    last = {person.room.id: person.room.seq for person in people}
    for person in people:
        last[person.room.id] = max(last[person.room.id], person.room.seq)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for person in people:
            await person.until(last[person.room.id])


def count_messages(path: Path) -> int:
    """Count what is on the disk, told or not; the files stay as the kill left them."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    count: int = connection.execute("SELECT count(*) FROM events WHERE kind = 'chat.message'").fetchone()[0]
    connection.close()
    return count


class Stored(NamedTuple):
    """What the file holds in the end."""

    messages: dict[str, list[tuple[str, str, int, str]]]
    """Nonce to (text, id, seq, room) of each row."""
    votes: dict[tuple[str, str], int]
    events: dict[tuple[str, str, int], RoomEvent]


async def read_back(path: Path, rooms: list[str]) -> Stored:
    """Read the file as the next start of the server would."""
    plain = sqlite3.connect(path)
    messages: dict[str, list[tuple[str, str, int, str]]] = defaultdict(list)
    for nonce, *row in plain.execute(
        "SELECT nonce, payload ->> '$.text', payload ->> '$.id', seq, room_id FROM events"
        " WHERE kind = 'chat.message'"
    ):
        messages[nonce].append(tuple(row))
    votes = {(play, who): value for play, who, value in plain.execute(
        "SELECT play_id, account_id, value FROM votes"
    )}  # fmt: skip
    plain.close()
    database = await Database.open(path)
    events: dict[tuple[str, str, int], RoomEvent] = {}
    for room in rooms:
        opened = await Rooms(database).open(
            room, time.time_ns() // 1_000_000, resume_events=100_000, resume_ms=3_600_000
        )
        assert opened is not None
        for event in opened.events:
            events[room, opened.room.epoch, event.seq] = event
    await database.close()
    return Stored(dict(messages), votes, events)


def assert_everyone_saw_the_same(people: list[Person], stored: Stored) -> int:
    """Check that no (room, epoch, seq) ever named two events, and that nobody missed one."""
    compared = 0
    for person in people:
        assert person.resyncs == 0, "every client resumed with recovered: true"
        seqs = [event.seq for _, event in person.seen]
        assert seqs == list(range(person.joined_at + 1, person.room.seq + 1))
        for epoch, event in person.seen:
            assert stored.events[event.room, epoch, event.seq] == event
            compared += 1
    return compared


def assert_nothing_promised_is_lost(people: list[Person], stored: Stored) -> tuple[int, int, int]:
    """Check every acknowledged message, vote and place; return how many there were."""
    chats = votes = places = 0
    for person in people:
        for said in person.said:
            assert stored.messages[said.nonce] == [(said.text, said.id, said.seq, person.room.id)]
            chats += 1
        if person.vote is not None and not person.vote_in_doubt:
            play_id, value = person.vote
            assert stored.votes[play_id, person.user_id] == value
            votes += 1
        if person.waits:
            snapshot = person.room.snapshot
            here = {user.id for user in snapshot.waitlist} | {snapshot.booth.dj and snapshot.booth.dj.id}
            assert person.user_id in here
            places += 1
    assert all(len(rows) == 1 for rows in stored.messages.values())
    return chats, votes, places


@pytest.mark.slow
async def test_kill_under_load(process: Process, data: Path) -> None:
    """See the module: promises kept, one truth, no gap, and the songs go on where they were."""
    people = await settle(process.url)
    assert len(people) == CLIENTS
    over = asyncio.Event()
    watching = [asyncio.create_task(person.watch()) for person in people]
    epochs = {person.room.id: person.room.epoch for person in people}
    living = [asyncio.create_task(person.live(over)) for person in people]
    moment = random.uniform(*LOAD_SECONDS)
    await asyncio.sleep(moment)
    playing = plays(people)
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

    assert [person.client.stopped for person in people] == [None] * CLIENTS
    assert {person.client.connections for person in people} == {2}
    assert {person.room.id: person.room.epoch for person in people} == epochs
    assert plays(people) == playing
    for host in people[:ROOMS]:
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
    print(
        f"killed after {moment:.2f} s with {open_requests} requests open, {committed} of them committed;"
        f" acknowledged: {chats} messages"
        f" ({before} before the kill), {votes} votes, {places} places; retried"
        f" {sum(person.retried for person in people)}; resumed {len(people)}; events compared {compared}"
        f" of {len(stored.events)}"
    )
