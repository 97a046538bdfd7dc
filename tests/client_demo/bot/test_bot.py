"""Bots, against the real server with a clock set by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest

from client_demo.bot import Bot, Context, Cooldown, Duration, MemberJoined, MemberLeft, Ready, Role, Room
from client_demo.bot import runner as runner_module
from client_demo.bot.runner import Runner
from protocol.events import ChatMessage, PlayStarted, RoomEvent
from protocol.values import Scope, User
from roomserver.testing import ManualClock, RoomServer, Visitor
from tests.support.talk import says

ALL: tuple[Scope, ...] = ("chat.read", "chat.write", "vote", "dj", "moderate", "manage")


@pytest.fixture
async def ann(room_server: RoomServer) -> Visitor:
    """Return somebody in the lobby."""
    visitor = await room_server.user("ann")
    await visitor.join()
    return visitor


def timekeeper(room_server: RoomServer) -> ManualClock:
    """Return the clock that the bots' timers go by."""
    assert isinstance(room_server.clock, ManualClock)
    return room_server.clock


async def running(room_server: RoomServer, bot: Bot, *scopes: Scope) -> Any:
    """Return a bot that can be brought to the lobby."""
    token = await room_server.bot("robo", *(scopes or ALL))
    return bot.running(room_server.url, token, time=timekeeper(room_server))


async def test_command(room_server: RoomServer, ann: Visitor) -> None:
    """A command is called by its name or alias, in any case, and answers whoever asks."""
    bot = Bot()

    @bot.command(aliases=("p",))
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

    async with await running(room_server, bot):
        assert [await says(ann, text) for text in ("!ping", "!P", "!PING")] == ["@ann pong"] * 3
        said = await ann.chat("!ping")
        assert (await ann.hears()).reply_to == said.id
        await ann.chat("ping")
        await ann.chat("!pingpong")
        assert await says(ann, "!ping") == "@ann pong"  # and nothing before it


async def test_arguments(room_server: RoomServer, ann: Visitor) -> None:
    """Arguments are converted by their types; what does not fit is answered with the usage."""
    bot = Bot()
    seen: list[Any] = []

    @bot.command
    async def mix(
        ctx: Context,
        who: User,
        count: int,
        wait: Duration,
        kind: Literal["hot", "cold"],
        on: bool = True,
        *,
        why: str | None = None,
    ) -> None:
        """Mix."""
        seen.append((who.name, count, int(wait), kind, on, why))
        await ctx.reply("mixed")

    async with await running(room_server, bot):
        assert await says(ann, '!mix @ann 3 1h30m COLD off because "of" it') == "@ann mixed"
        assert await says(ann, "!mix ann 3 10s hot") == "@ann mixed"
        assert seen == [
            ("ann", 3, 5_400_000, "cold", False, 'because "of" it'),
            ("ann", 3, 10_000, "hot", True, None),
        ]
        usage = "usage: !mix <who> <count> <wait> <kind> [on] [why…]"
        for wrong, expected in {
            "!mix": "expected who, got nothing",
            "!mix nobody": "expected somebody of this room, got 'nobody'",
            "!mix ann x": "expected a whole number, got 'x'",
            "!mix ann 1 soon": "expected a duration such as 90s, 10m or 1h30m, got 'soon'",
            "!mix ann 1 1s warm": "expected hot or cold, got 'warm'",
            "!mix ann 1 1s hot maybe": "expected on or off, got 'maybe'",
        }.items():
            assert await says(ann, wrong) == f"@ann {expected}; {usage}"
        assert len(seen) == 2


async def test_too_many_arguments(room_server: RoomServer, ann: Visitor) -> None:
    """What nobody asked for is not silently passed over."""
    bot = Bot()

    @bot.command
    async def roll(ctx: Context, sides: int = 6) -> None:
        await ctx.reply(f"{sides}")

    async with await running(room_server, bot):
        assert await says(ann, "!roll") == "@ann 6"
        assert (
            await says(ann, "!roll 6 7") == "@ann expected no more than that, got '7'; usage: !roll [sides]"
        )


async def test_roles(room_server: RoomServer, ann: Visitor) -> None:
    """A command for staff is for staff; a role given meanwhile counts at once."""
    bot = Bot()

    @bot.command(role=Role.BOUNCER)
    async def secret(ctx: Context) -> None:
        await ctx.reply(ctx.role.wire)

    async with await running(room_server, bot):
        assert await says(ann, "!secret") == "@ann !secret is for bouncers and up"
        await room_server.appoint(ann.id, "manager")
        assert await says(ann, "!secret") == "@ann manager"


async def test_scope(room_server: RoomServer, ann: Visitor) -> None:
    """A command for which the bot lacks a scope says so before it begins."""
    bot = Bot()

    @bot.command(scope="moderate")
    async def skip(ctx: Context) -> None:
        raise AssertionError

    async with await running(room_server, bot, "chat.read", "chat.write"):
        assert await says(ann, "!skip") == "@ann my owner did not give me the scope moderate"


async def test_cooldown(room_server: RoomServer, ann: Visitor) -> None:
    """A command is used so often in a while, by each user or by all together, and says when again."""
    bot = Bot()

    @bot.command(cooldown=Cooldown(2, "1m"))
    async def mine(ctx: Context) -> None:
        await ctx.reply("ok")

    @bot.command(cooldown=Cooldown(1, "30s", per="room"))
    async def ours(ctx: Context) -> None:
        await ctx.reply("ok")

    bob = await room_server.user("bob")
    await bob.join()
    async with await running(room_server, bot):
        assert [await says(ann, "!mine") for _ in range(3)] == ["@ann ok", "@ann ok", "@ann again in 1 min"]
        assert await says(bob, "!mine") == "@bob ok"
        assert await says(bob, "!ours") == "@bob ok"
        await room_server.advance(12)
        assert (await says(ann, "!ours")).endswith("again in 18 s")
        await room_server.advance(48)
        assert await says(ann, "!mine") == "@ann ok"


async def test_help(room_server: RoomServer, ann: Visitor) -> None:
    """Help lists what the one who asks may use, and explains one command by its docstring."""
    bot = Bot()

    @bot.command
    async def ping(ctx: Context, *, times: str = "") -> None:
        """Say pong."""

    @bot.command(role=Role.MANAGER)
    async def stop(ctx: Context) -> None:
        """Stop it."""

    async with await running(room_server, bot):
        assert await says(ann, "!help") == "@ann !ping (!help <command> says more)"
        assert await says(ann, "!help ping") == "@ann !ping [times…]: Say pong"


async def test_events(room_server: RoomServer, ann: Visitor) -> None:
    """A handler gets each event of its type once, in order, and what it asks for by type."""
    bot = Bot()
    seen: list[Any] = []
    done = asyncio.Event()

    @bot.on(Ready)
    async def ready(room: Room) -> None:
        seen.append(room.slug)
        await room.chat("here I am")

    @bot.on(ChatMessage)
    async def chat(message: ChatMessage, room: Room, me: Bot) -> None:
        seen.append((message.text, room.name, me is bot))

    @bot.on(RoomEvent)
    async def any_event(event: RoomEvent) -> None:
        if isinstance(event, PlayStarted):
            done.set()

    async with await running(room_server, bot):
        assert (await ann.hears()).text == "here I am"
        await ann.chat("one")
        await ann.chat("two")
        await ann.queue()
        async with asyncio.timeout(10):
            await done.wait()
        assert seen == ["lobby", ("one", "Lobby", True), ("two", "Lobby", True)]  # it does not hear itself


async def test_who_comes_and_goes(room_server: RoomServer, ann: Visitor) -> None:
    """One event for each person who came or left while the bot was there, also while it was not connected."""
    bot = Bot()
    seen: asyncio.Queue[str] = asyncio.Queue()

    @bot.on(MemberJoined)
    async def came(event: MemberJoined) -> None:
        seen.put_nowait(f"+{event.member.user.name}")

    @bot.on(MemberLeft)
    async def left(event: MemberLeft) -> None:
        seen.put_nowait(f"-{event.member.user.name}")

    async def next_one() -> str:
        async with asyncio.timeout(10):
            return await seen.get()

    async with await running(room_server, bot) as runner:
        bob = await room_server.user("bob")
        await bob.join()
        await room_server.advance(1)
        # The bot may be told of its own coming: it was not there when it looked round.
        names = [await next_one()]
        if names == ["+robo"]:
            names = [await next_one()]
        assert names == ["+bob"]
        await bob.ask("room.leave", room="lobby")
        await room_server.advance(1)
        assert await next_one() == "-bob"
        runner.client._link.abort()
        cid = await room_server.user("cid")
        await cid.join()
        await room_server.advance(1)
        await ann.chat("so that something is told")
        assert await next_one() == "+cid"


async def test_a_failing_handler(room_server: RoomServer, ann: Visitor) -> None:
    """A handler that fails is told to the error handler, which may fail too: the bot goes on."""
    bot = Bot()
    told: list[tuple[str, str]] = []

    @bot.on(ChatMessage)
    async def fragile(message: ChatMessage) -> None:
        raise RuntimeError(message.text)

    @bot.command
    async def boom(ctx: Context) -> None:
        raise ValueError("boom")

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

    @bot.error
    async def oops(error: Exception, where: str) -> None:
        told.append((type(error).__name__, where))
        raise LookupError

    async with await running(room_server, bot) as runner:
        await ann.chat("!boom")
        assert await says(ann, "!ping") == "@ann pong"
        assert await says(ann, "!ping") == "@ann pong"
        assert ("ValueError", "!boom") in told
        assert told.count(("RuntimeError", "fragile")) >= 2
        assert runner.failures >= 3


async def test_waiting(room_server: RoomServer, ann: Visitor) -> None:
    """A command may wait for what comes next, while others are served; None when nothing came in time."""
    bot = Bot()

    @bot.command
    async def quiz(ctx: Context) -> None:
        await ctx.say("2 + 2?")
        answer = await ctx.wait_for(ChatMessage, lambda message: message.text == "4", timeout=20)
        await ctx.say("nobody" if answer is None else f"right, {answer.user.name}")

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

    async with await running(room_server, bot):
        assert await says(ann, "!quiz") == "2 + 2?"
        assert await says(ann, "!ping") == "@ann pong"
        await ann.chat("5")
        assert await says(ann, "4") == "right, ann"
        assert await says(ann, "!quiz") == "2 + 2?"
        await room_server.advance(19)
        assert await says(ann, "!ping") == "@ann pong"
        await room_server.advance(1)
        assert (await ann.hears(by="robo")).text == "nobody"


async def test_every(room_server: RoomServer, ann: Visitor) -> None:
    """What is to happen every so often does, for each room, whether it fails or not."""
    bot = Bot()
    count = 0

    @bot.every("5m")
    async def remind(room: Room) -> None:
        nonlocal count
        count += 1
        await room.chat(f"reminder {count}")
        if count == 1:
            raise RuntimeError

    async with await running(room_server, bot):
        for number in (1, 2):
            await room_server.advance(300)
            assert (await ann.hears(by="robo")).text == f"reminder {number}"


async def test_long_answers(room_server: RoomServer, ann: Visitor) -> None:
    """What does not fit a message becomes several, broken between words."""
    bot = Bot()

    @bot.command
    async def speak(ctx: Context) -> None:
        await ctx.reply("word " * 120)

    async with await running(room_server, bot):
        first = await says(ann, "!speak")
        second = (await ann.hears(by="robo")).text
        third = (await ann.hears(by="robo")).text
        assert max(len(first), len(second), len(third)) <= 256
        assert f"{first} {second} {third}".split() == ["@ann", *["word"] * 120]


async def test_bots_do_not_command_bots(room_server: RoomServer, ann: Visitor) -> None:
    """Two bots with the same commands do not talk to each other for ever."""
    bot, echo = Bot(), Bot()

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.say("!ping")

    echo.command(ping)
    token = await room_server.bot("echo", *ALL)
    async with await running(room_server, bot), echo.running(room_server.url, token):
        await ann.chat("!ping")
        heard = {(await ann.hears()).user.name, (await ann.hears()).user.name}
        assert heard == {"robo", "echo"}
        await ann.chat("!ping")
        await ann.hears()
        await ann.hears()
        assert len(ann.events("chat.message")) == 6


async def test_slow_handlers(room_server: RoomServer, ann: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that a handler is too slow for are given up, the oldest first, and counted."""
    monkeypatch.setattr(runner_module, "QUEUE_MAX", 2)
    bot = Bot()
    go, seen = asyncio.Event(), asyncio.Queue[str]()

    @bot.on(ChatMessage)
    async def slow(message: ChatMessage) -> None:
        await go.wait()
        seen.put_nowait(message.text)

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

    async with await running(room_server, bot) as runner:
        for number in range(5):
            await ann.chat(f"{number}")
        await says(ann, "!ping")
        go.set()
        async with asyncio.timeout(10):
            texts = [await seen.get() for _ in range(3)]
        assert texts == ["0", "4", "!ping"]
        assert runner.dropped == 3


async def test_store_survives(room_server: RoomServer, ann: Visitor, tmp_path: Path) -> None:
    """What a bot stored is there when it comes again; of who is erased nothing is."""
    bot = Bot()
    bot.shelf.path = tmp_path / "bot.db"
    score = bot.store("score", int)

    @bot.command
    async def point(ctx: Context) -> None:
        score[ctx.user.id] = score.get(ctx.user.id, 0) + 1
        await ctx.reply(f"{score[ctx.user.id]}")

    token = await room_server.bot("robo", *ALL)
    for expected in ("@ann 1", "@ann 2"):
        async with bot.running(room_server.url, token):
            assert await says(ann, "!point") == expected
    assert dict(score) == {ann.id: 2}
    bot.shelf.forget(ann.id)
    assert dict(score) == {}
    bot.shelf.close()


async def test_as_a_guest(room_server: RoomServer, ann: Visitor) -> None:
    """Without a token a bot comes as a guest: that is enough to try it."""
    bot = Bot()

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

    async with bot.running(room_server.url, name="robo"):
        assert await says(ann, "!ping") == "@ann pong"
    # The guest of the last run is still known; the bot comes all the same.
    async with bot.running(room_server.url, name="robo"):
        await ann.chat("!ping")
        assert (await ann.hears()).text == "@ann pong"


async def test_swap(room_server: RoomServer, ann: Visitor) -> None:
    """Another bot takes over on the same connection: nothing of the old one is called any more."""
    old, new = Bot(), Bot()

    @old.command(name="who")
    async def before(ctx: Context) -> None:
        await ctx.reply("old")

    @old.every("1m")
    async def nag(room: Room) -> None:
        await room.chat("old nag")

    @new.command(name="who")
    async def after(ctx: Context) -> None:
        await ctx.reply("new")

    async with await running(room_server, old) as runner:
        assert await says(ann, "!who") == "@ann old"
        await runner.swap(new)
        await room_server.advance(120)
        assert await says(ann, "!who") == "@ann new"
        assert runner.client.connections == 1


async def test_ends_with_its_client(room_server: RoomServer, ann: Visitor) -> None:
    """When the owner ends the bot, it is over, and says why."""
    bot = Bot()
    async with await running(room_server, bot) as runner:
        assert isinstance(runner, Runner)
        keeper = await room_server.keeper()
        [made] = (await keeper.ask("bot.list"))["bots"]
        await keeper.ask("bot.revoke", bot_id=made["user"]["id"])
        async with asyncio.timeout(10):
            await runner.finished()
        assert runner.client.stopped is not None
        assert runner.client.stopped.reason == "revoked by its owner"


def test_wrong_handlers() -> None:
    """A handler that cannot work is refused when it is declared, with what was expected."""
    bot = Bot()
    with pytest.raises(TypeError, match="expected plain to be declared with async def"):

        @bot.command  # type: ignore[type-var]  # the claim
        def plain(ctx: Context) -> None: ...

    with pytest.raises(TypeError, match=r"expected nameless\(x\) to have a type"):

        @bot.command
        async def nameless(x) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001 - the claim

    with pytest.raises(TypeError, match=r"expected odd\(x\) to be of one of the types str, int"):

        @bot.command
        async def odd(x: bytes) -> None: ...

    with pytest.raises(TypeError, match=r"expected wrong\(x\) to be one of ChatMessage, Room"):

        @bot.on(ChatMessage)
        async def wrong(x: int) -> None: ...

    @bot.command
    async def twice(ctx: Context) -> None: ...

    with pytest.raises(ValueError, match="expected a new command, got a second !twice"):
        bot.command(twice)
