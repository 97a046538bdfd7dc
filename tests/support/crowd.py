"""A crowd with a memory: what everybody was promised, what they saw, and what the file holds."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

from client_demo.sdk import Client, ConnectionLostError, RequestError
from client_demo.sdk.rooms import Resynced, RoomView
from protocol import commands
from protocol.commands import Birth, Command
from protocol.events import ChatMessage, RoomEvent
from protocol.values import Media, Play
from storage.database import Database
from storage.rooms import Rooms

PATIENCE_SECONDS = 40.0
PASSWORD = "correct horse battery"
SONG_MS = 600_000
QUEUE_SECONDS = 4.0
"""Users queue up at a random moment of this stretch."""


class Size(NamedTuple):
    """How many there are; of the clients so many are users, the others guests."""

    clients: int
    users: int
    rooms: int


class Said(NamedTuple):
    """A message that was acknowledged."""

    nonce: str
    text: str
    id: str
    seq: int


class Person:
    """A client with a memory: what it was promised, and what it saw."""

    def __init__(self, client: Client, number: int, room: RoomView, *, is_user: bool) -> None:
        self.client = client
        self.number = number
        self.room = room
        self.is_user = is_user
        self.joined_at = room.seq
        self.dice = random.Random(number)
        self.said: list[Said] = []
        self.vote: tuple[str, int] | None = None
        self.vote_in_doubt = False
        self.waits = False
        self.retried = 0
        self.refused: Counter[str] = Counter()
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
        while self.room.seq < seq:
            self.news.clear()
            await self.news.wait()

    async def insist(self, command: Command) -> Any:
        """Ask until there is an answer, through whatever happens to the connection."""
        while True:
            try:
                return await self.client.call(command)
            except ConnectionLostError:
                self.retried += 1
            except RequestError as refused:
                if not refused.error.temporary and refused.code != "not_in_room":
                    raise
                # The disk is full, or the room is being rebuilt and joined again.
                self.retried += 1
                self.refused[refused.code] += 1
                await asyncio.sleep(self.dice.uniform(0.1, 0.4))

    async def live(self, over: asyncio.Event) -> None:
        """Chat all the time; as a user queue up once, and vote now and then."""
        queue_at = self.dice.uniform(0.0, QUEUE_SECONDS)
        began = time.monotonic()
        number = 0
        while not over.is_set():
            await asyncio.sleep(self.dice.uniform(0.4, 1.4))
            await self.say(f"{self.number}-{number}")
            number += 1
            if self.is_user:
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
            if refused.code not in {"stale_play", "own_play", "not_in_room"} and not refused.error.temporary:
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


async def settle(url: str, size: Size) -> list[Person]:
    """Let everyone connect, log in and join their room; make the rooms first."""
    birth = Birth(year=1990, month=1, day=1)

    async def enter(number: int) -> Person:
        client = Client(url)
        await client.__aenter__()
        if number < size.users:
            await client.register(f"user-{number}", PASSWORD, birth)
        else:
            await client.guest(f"guest-{number}")
        if number < size.rooms:
            await client.call(commands.RoomCreate(name=f"Room {number}", slug=f"room-{number}"))
        view = await client.join(f"room-{number % size.rooms}")
        return Person(client, number, view, is_user=number < size.users)

    people = list(await asyncio.gather(*(enter(number) for number in range(size.rooms))))
    for start in range(size.rooms, size.clients, 32):
        numbers = range(start, min(start + 32, size.clients))
        people += await asyncio.gather(*(enter(number) for number in numbers))
    for host in people[: size.rooms]:
        await host._queue()
    return people


def plays(hosts: list[Person]) -> dict[str, Play]:
    """Return what every room plays, as its host sees it."""
    found = {person.room.id: person.room.snapshot.booth.play for person in hosts}
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


class Balance(NamedTuple):
    """What is left of the promises after a fault."""

    acknowledged: int
    lost: int
    """Acknowledged messages that the file does not hold exactly once, as they were told."""
    heard: int
    doubled: int
    """Events, or messages, that reached somebody twice."""


def balance_of(people: list[Person], path: Path) -> Balance:
    """Hold what everybody was promised and heard against the file, whatever happened in between."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for nonce, *row in connection.execute(
        "SELECT nonce, payload ->> '$.id', seq, room_id FROM events WHERE kind = 'chat.message'"
    ):
        rows[nonce].append(tuple(row))
    connection.close()
    acknowledged = lost = heard = doubled = 0
    for person in people:
        acknowledged += len(person.said)
        lost += sum(rows[said.nonce] != [(said.id, said.seq, person.room.id)] for said in person.said)
        places = [(epoch, event.room, event.seq) for epoch, event in person.seen]
        messages = [event.id for _, event in person.seen if isinstance(event, ChatMessage)]
        heard += len(places)
        doubled += len(places) - len(set(places)) + len(messages) - len(set(messages))
    return Balance(acknowledged, lost, heard, doubled)
