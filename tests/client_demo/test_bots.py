"""The example bots, each run from its file against the real server."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from client_demo.bot.bot import Bot
from client_demo.bot.loading import load
from client_demo.bot.runner import Runner
from protocol.events import PlayStarted
from protocol.values import Scope, StaffRoleName
from roomserver.testing import ManualClock, RoomServer, Visitor
from tests.support.talk import says

EXAMPLES = Path(__file__).parents[2] / "client_demo" / "bots"
LINES = 40
BARE_LINES = 30


@asynccontextmanager
async def at_work(
    room_server: RoomServer, name: str, *scopes: Scope, role: StaffRoleName | None = None, room: str = "lobby"
) -> AsyncIterator[Runner]:
    """Run an example with these scopes."""
    bot: Bot = load(EXAMPLES / f"{name}.py")
    token = await room_server.bot("robo", *scopes, role=role, room=room)
    clock = room_server.clock
    assert isinstance(clock, ManualClock)
    async with bot.running(room_server.url, token, room, time=clock) as runner:
        await room_server.settled()
        yield runner
        assert runner.failures == 0


async def in_den(room_server: RoomServer, *names: str) -> list[Visitor]:
    """Let people into a room where nothing plays by itself."""
    keeper = await room_server.keeper()
    await keeper.ask("room.create", name="Den")
    people = [await room_server.user(name) for name in names]
    for person in people:
        await person.join("den")
    return people


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_short(path: Path) -> None:
    """An example fits on a screen."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= (BARE_LINES if path.stem == "bare" else LINES)


async def test_greeter(room_server: RoomServer) -> None:
    """Who comes is greeted, in other words the second time; a play that was liked is praised."""
    (ann,) = await in_den(room_server, "ann")
    async with at_work(room_server, "greeter", "chat.write", "chat.read", room="den"):
        bob = await room_server.user("bob")
        for expected in ("welcome to Den, @bob!", "welcome back, @bob!"):
            await bob.join("den")
            await room_server.advance(1)
            assert (await ann.hears(by="robo")).text == expected
            await bob.ask("room.leave", room="den")
            await room_server.advance(1)
        await bob.join("den")
        await room_server.advance(1)
        assert (await ann.hears(by="robo")).text == "welcome back, @bob!"
        await bob.queue()
        started = await ann.next(PlayStarted)
        await room_server.advance(5)
        await ann.ask("vote.cast", room="den", play_id=started.play.id, value=1)
        await ann.queue("Next one")
        await bob.ask("booth.skip", room="den", play_id=started.play.id)
        assert (await ann.hears(by="robo")).text == "that was worth 1 woots, 0 mehs and 0 grabs"


async def test_autodj(room_server: RoomServer) -> None:
    """It plays while nobody does, again and again, and makes room for a person who waits."""
    (ann,) = await in_den(room_server, "ann")
    async with at_work(room_server, "autodj", "dj", room="den"):
        for title in ("Night Bus", "First Light", "Night Bus"):
            started = await ann.next(PlayStarted)
            assert started.play.dj is not None
            assert (started.play.dj.name, started.play.media.title) == ("robo", title)
            await room_server.advance((started.play.ends_at_ms - room_server.clock.now_ms()) / 1000)
        await ann.queue("Mine")
        playing = await ann.next(PlayStarted)
        assert playing.play.media.title == "First Light"
        await room_server.advance(60)
        assert (await ann.next(PlayStarted)).play.media.title == "Mine"


async def test_guard(room_server: RoomServer) -> None:
    """What is too long is skipped, and its DJ keeps a place; staff set the limit."""
    ann, bob = await in_den(room_server, "ann", "bob")
    await room_server.appoint(ann.id, "manager", "den")
    scopes: tuple[Scope, ...] = ("moderate", "chat.write", "chat.read")
    async with at_work(room_server, "guard", *scopes, role="bouncer", room="den"):
        assert await says(ann, "!maxlength 3m") == "@ann tracks may last 3 min from now on"
        assert await says(bob, "!maxlength 1h") == "@bob !maxlength is for managers and up"
        await ann.queue("Short one", duration_ms=100_000)
        await bob.queue("Long one", duration_ms=200_000)
        await room_server.advance(110)
        told = [*ann.events("play.started"), *ann.events("play.stopped")]
        ended = [(one["previous"]["end"], one["previous"].get("reason")) for one in told if one["previous"]]
        assert ended[0] == ("finished", None)
        assert ("skipped", "longer than 3 min") in ended


async def test_trivia(room_server: RoomServer) -> None:
    """Who is right first gets the point; nobody in time, no point; the score is kept."""
    ann, bob = await in_den(room_server, "ann", "bob")
    async with at_work(room_server, "trivia", "chat.read", "chat.write", room="den"):
        assert await says(ann, "!trivia") == "which protocol does this server speak? (20 s)"
        await bob.chat("http")
        assert await says(ann, "WebSocket") == "right, @ann: 1 so far"
        assert (await says(ann, "!trivia")).startswith("@ann again in ")
        await room_server.advance(30)
        assert await says(ann, "!trivia") == "how many bits has a byte? (20 s)"
        await room_server.advance(20)
        assert (await ann.hears(by="robo")).text == "time is over: 8"
        assert await says(ann, "!scores") == "@ann ann 1"


async def test_desk(room_server: RoomServer) -> None:
    """Staff skip, mute and lock by telling the bot; others are told that it is not for them."""
    ann, bob = await in_den(room_server, "ann", "bob")
    await room_server.appoint(ann.id, "manager", "den")
    scopes: tuple[Scope, ...] = ("moderate", "chat.write", "chat.read")
    async with at_work(room_server, "desk", *scopes, role="cohost", room="den"):
        await bob.queue("First")
        assert await says(ann, "!eta") == "@ann you do not wait"
        await ann.queue("Second")
        assert await says(ann, "!eta") == "@ann 0 before you"
        assert await says(bob, "!skip") == "@bob !skip is for bouncers and up"
        await ann.chat("!skip too loud")
        ended = await ann.next(PlayStarted, previous=None)
        assert ended.play.media.title == "First"
        second = await ann.next(PlayStarted)
        assert second.previous is not None
        assert (second.previous.reason, second.previous.by and second.previous.by.name) == (
            "too loud",
            "robo",
        )
        await ann.chat("!lockskip")
        await ann.chat("!lock")
        await room_server.settled()
        assert ann.events("waitlist.settings")[-1]["locked"]
        await ann.chat("!mute @bob 10m be kind")
        await room_server.settled()
        assert ann.events("member.muted")[-1]["reason"] == "be kind"


async def test_bridge(
    room_server: RoomServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said comes out as a line of JSON, what comes in is said, and what is deleted is named."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello from outside\n\n"))
    (ann,) = await in_den(room_server, "ann")
    async with at_work(room_server, "bridge", "chat.read", "chat.write", room="den"):
        assert (await ann.hears(by="robo")).text == "hello from outside"
        said = await ann.chat("hello from inside")
        await ann.ask("chat.delete", room="den", id=said.id)
        await room_server.settled()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [(line.get("name"), line.get("text"), line.get("deleted")) for line in lines] == [
        ("ann", "hello from inside", None),
        (None, None, [said.id]),
    ]


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it gets."""

    got: list[dict[str, object]]

    def do_POST(self) -> None:
        """Keep a body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def test_nowplaying(room_server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each play is posted to the webhook."""
    Hook.got = []
    web = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    monkeypatch.setenv("NOW_PLAYING_URL", f"http://127.0.0.1:{web.server_port}/hook")
    (ann,) = await in_den(room_server, "ann")
    async with at_work(room_server, "nowplaying", room="den"):
        await ann.queue("My song")
        async with asyncio.timeout(10):
            while not Hook.got:  # noqa: ASYNC110 - another thread fills it
                await asyncio.sleep(0)
    web.shutdown()
    web.server_close()
    [body] = Hook.got
    assert (body["room"], body["title"], body["dj"]) == ("den", "My song", "ann")


async def test_songstats(room_server: RoomServer) -> None:
    """Plays and woots are counted over the songs' plays."""
    ann, bob = await in_den(room_server, "ann", "bob")
    async with at_work(room_server, "songstats", "chat.read", "chat.write", room="den"):
        for _ in range(2):
            await bob.queue("Loved", duration_ms=60_000)
            started = await ann.next(PlayStarted)
            await room_server.advance(10)
            await ann.ask("vote.cast", room="den", play_id=started.play.id, value=1)
            await bob.ask("booth.leave", room="den", after_play=True)
            await room_server.advance(120)
        assert await says(ann, "!top") == "@ann Loved: 2 woots in 2"


@pytest.mark.slow
async def test_bare(room_server: RoomServer) -> None:
    """Thirty lines without any SDK are a bot too."""
    (ann,) = await in_den(room_server, "ann")
    token = await room_server.bot("robo", "chat.read", "chat.write")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLES / "bare.py"), room_server.url, token, "den"
    )
    async with asyncio.timeout(20):
        while True:
            await room_server.settled()
            members = await ann.ask("room.members", room="den")
            if len(members["members"]) > 1:
                break
    assert await says(ann, "!ping") == "pong, ann"
    process.terminate()
    await process.wait()
