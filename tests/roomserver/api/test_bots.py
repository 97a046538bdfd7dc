"""Bots as accounts: made, bounded by their scopes, shown as bots, and ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from client_demo.sdk import Client, RequestError, RoomView
from protocol import commands
from protocol.buckets import Buckets
from protocol.commands import Command, Resume
from protocol.errors import CloseCode, ErrorCode
from protocol.events import ChatMessage
from protocol.limits import BOT_RATES, BOTS_PER_USER, RATES, Rate
from protocol.methods import METHODS
from protocol.reference.examples import params_of
from protocol.results import BotResult, BotsResult, JoinResult, MembersResult
from protocol.scopes import METHOD_SCOPES, SCOPES
from protocol.values import Media, Scope
from tests.support.world import World, assert_refused, me

SONG = Media(source="direct", source_id="/media/song.ogg", title="A song", duration_ms=180_000)


async def make_bot(owner: Client, name: str, scopes: Collection[Scope] = ()) -> BotResult:
    """Make a bot."""
    made: BotResult = await owner.call(commands.BotCreate(name=name, scopes=list(scopes)))
    return made


async def bot_of(world: World, owner: Client, name: str, *scopes: Scope) -> Client:
    """Make a bot and connect it."""
    client = await world.client()
    await client.resume((await make_bot(owner, name, scopes)).token)
    return client


async def next_message(client: Client) -> ChatMessage:
    """Return the next message that is told."""
    async with asyncio.timeout(10):
        while True:
            event = await client.next_event()
            assert event is not None
            if isinstance(event, ChatMessage):
                return event


async def test_life(world: World) -> None:
    """A bot is made, logs in with its token, is shown as a bot, and is listed by its owner."""
    ann = await world.user("ann")
    command = commands.BotCreate(
        name="robo", scopes=["dj", "chat.read"], avatar_url="https://x.example/r.png", bio="Beep"
    )
    made: BotResult = await ann.call(command)
    assert (made.bot.user.name, made.bot.user.kind, made.bot.user.bio) == ("robo", "bot", "Beep")
    assert (made.bot.scopes, made.bot.online) == (["chat.read", "dj"], False)

    robo = await world.client()
    session = await robo.resume(made.token)
    assert session.user.id == made.bot.user.id
    assert (session.scopes, session.rates) == (["chat.read", "dj"], BOT_RATES)
    await robo.join("lobby")
    await ann.join("lobby")
    members: MembersResult = await ann.call(commands.RoomMembers(room="lobby"))
    assert [(each.user.name, each.user.kind) for each in members.members] == [
        ("robo", "bot"),
        ("ann", "user"),
    ]
    listed: BotsResult = await ann.call(commands.BotList())
    assert [(bot.user.name, bot.online) for bot in listed.bots] == [("robo", True)]
    assert made.token not in repr(listed)


async def test_people_have_neither_scopes_nor_own_rates(world: World) -> None:
    """What comes with a bot's session does not come with a person's."""
    ann = await world.user("ann")
    assert ann.session is not None
    assert (ann.session.scopes, ann.session.rates) == (None, None)


async def test_who_makes_bots(world: World) -> None:
    """Guests and bots make none; a name is refused as for people, and so is one bot too many."""
    ann, gus = await world.user("ann"), await world.guest("gus")
    await assert_refused(gus, commands.BotCreate(name="robo", scopes=[]), ErrorCode.FORBIDDEN, "got a guest")
    robo = await bot_of(world, ann, "robo", "moderate", "manage")
    await assert_refused(robo, commands.BotCreate(name="r2", scopes=[]), ErrorCode.FORBIDDEN, "got a bot")
    await assert_refused(ann, commands.BotCreate(name="ANN", scopes=[]), ErrorCode.NAME_TAKEN)
    await assert_refused(ann, commands.BotCreate(name="a b", scopes=[]), ErrorCode.BAD_PARAMS)


async def test_limit(world: World) -> None:
    """One bot more than allowed is too many, and says how many are allowed."""
    ann = await world.user("ann")
    person = world.server.people.callers_of(me(ann).id)[0].person
    assert person is not None
    ample = dict.fromkeys(RATES, Rate(burst=100, per_ms=1))  # rates are another test's
    person.buckets = Buckets(ample)
    ann._pace.announced(ample)
    for number in range(BOTS_PER_USER):
        await make_bot(ann, f"robo{number}")
    await assert_refused(
        ann, commands.BotCreate(name="more", scopes=[]), ErrorCode.TOO_MANY, f"at most {BOTS_PER_USER} bots"
    )


async def test_revoke(world: World) -> None:
    """A revoked bot is out at once, with its place and its name; its token works no more."""
    ann = await world.user("ann")
    made = await make_bot(ann, "robo", ["dj"])
    robo = await world.client()
    await robo.resume(made.token)
    await robo.join("lobby")
    room = await ann.join("lobby")
    await robo.call(commands.WaitlistJoin(room=room.id, media=SONG))
    left: BotsResult = await ann.call(commands.BotRevoke(bot_id=made.bot.user.id))

    assert left.bots == []
    async with asyncio.timeout(10):
        while await robo.next_event() is not None:
            pass
    assert robo.stopped is not None
    assert robo.stopped.code == CloseCode.INVALID_TOKEN
    members: MembersResult = await ann.call(commands.RoomMembers(room="lobby"))
    assert [member.user.name for member in members.members] == ["ann"]
    await assert_refused(
        await world.client(), commands.SessionResume(token=made.token), ErrorCode.INVALID_CREDENTIALS
    )
    await make_bot(ann, "robo")


async def test_revoked_staff(world: World) -> None:
    """A bot that was staff is none any more, and everybody is told; somebody else's stays."""
    ann, bob = await world.user("ann"), await world.user("bob")
    await ann.call(commands.RoomCreate(name="The Den", slug="den"))
    room = await ann.join("den")
    robo = (await make_bot(ann, "robo")).bot.user.id
    await ann.call(commands.StaffSet(room="den", user=robo, role="bouncer"))
    await assert_refused(bob, commands.BotRevoke(bot_id=robo), ErrorCode.NOT_FOUND)
    await world.server.beat.barrier()
    assert [member.user.name for member in room.snapshot.staff] == ["ann", "robo"]
    await ann.call(commands.BotRevoke(bot_id=robo))
    fresh = await bob.join("den")
    assert [member.user.name for member in fresh.snapshot.staff] == ["ann"]
    assert room.snapshot == fresh.snapshot


async def test_only_owners_revoke(world: World) -> None:
    """Somebody else's bot looks like none."""
    ann, bob = await world.user("ann"), await world.user("bob")
    made = await make_bot(ann, "robo")
    await assert_refused(
        bob, commands.BotRevoke(bot_id=made.bot.user.id), ErrorCode.NOT_FOUND, "expected a bot of yours"
    )


async def test_scopes_are_enforced(world: World) -> None:
    """Without its scope a method is refused, whatever the role; with it the role decides as for people."""
    ann = await world.user("ann")
    quiet = await bot_of(world, ann, "quiet", "chat.read")
    loud = await bot_of(world, ann, "loud", "chat.write")
    for bot in (quiet, loud):
        await bot.join("lobby")
    error = await assert_refused(
        quiet, commands.ChatSend(room="lobby", text="hi"), ErrorCode.FORBIDDEN, "chat.write, got chat.read"
    )
    assert not error.temporary
    await loud.chat("lobby", "hi")
    await assert_refused(loud, commands.WaitlistLock(room="lobby", on=True), ErrorCode.FORBIDDEN, "moderate")
    strong = await bot_of(world, ann, "strong", "moderate")
    await strong.join("lobby")
    await assert_refused(strong, commands.WaitlistLock(room="lobby", on=True), ErrorCode.FORBIDDEN, "manager")


async def test_every_method_by_every_scope(world: World) -> None:
    """
    Each method is refused for want of a scope exactly where the table says so, over the wire.

    One bot for each scope and one without any call every method with the params of its example.
    """
    ann = await world.user("ann")
    person = world.server.people.callers_of(me(ann).id)[0].person
    assert person is not None
    person.buckets = Buckets(dict.fromkeys(RATES, Rate(burst=100, per_ms=1)))
    names: dict[Scope | None, str] = {None: "robo", **{scope: f"robo-{scope}" for scope in SCOPES}}
    bots = {
        scope: await bot_of(world, ann, name, *([scope] if scope else [])) for scope, name in names.items()
    }
    await asyncio.gather(*(call_everything(world, bot, scope) for scope, bot in bots.items()))


async def call_everything(world: World, bot: Client, scope: Scope | None) -> None:
    """Let a bot with this scope alone call every method, and compare with the table."""
    [caller] = world.server.people.callers_of(me(bot).id)
    assert caller.person is not None
    caller.person.buckets = Buckets(dict.fromkeys(RATES, Rate(burst=1000, per_ms=1)))
    for name, method in METHODS.items():
        if name.startswith("session."):
            continue  # coming in as somebody else is open to everybody
        wanted = METHOD_SCOPES.get(name)
        refusal = await refusal_of(bot, params_of(method)) or ""
        case = f"{name} with {scope}: {refusal}"
        assert ("expected a person" in refusal) == (wanted is None), case
        if wanted is None or (len(wanted) == 2 and scope in wanted):
            continue  # with the lesser of two scopes for its own things, of which it has none here
        assert ("expected the scope" in refusal) == (bool(wanted) and scope not in wanted), case


async def refusal_of(client: Client, command: Command) -> str | None:
    """Return what a request is refused with, if it is."""
    try:
        await client.call(command, wait=False)
    except RequestError as refused:
        return refused.error.message
    return None


async def host_with_bot(world: World, *scopes: Scope) -> tuple[Client, Client, RoomView]:
    """Return the host of a room, and a bot in it that is a bouncer."""
    ann = await world.user("ann")
    room = (await ann.call(commands.RoomCreate(name="Den"))).room
    robo = await bot_of(world, ann, "robo", *scopes)
    await ann.join(room.id)
    await ann.call(commands.StaffSet(room=room.id, user=me(robo).id, role="bouncer"))
    return ann, robo, await robo.join(room.id)


async def test_own_play_only(world: World) -> None:
    """With ``dj`` a bot skips its own play; that of others needs ``moderate``, even for staff."""
    _, robo, view = await host_with_bot(world, "dj")
    bob = await world.user("bob")
    await bob.join(view.id)
    await bob.call(commands.WaitlistJoin(room=view.id, media=SONG))
    await robo.call(commands.WaitlistJoin(room=view.id, media=SONG))
    play = view.snapshot.booth.play
    assert play is not None
    skip = commands.BoothSkip(room=view.id, play_id=play.id)
    await assert_refused(robo, skip, ErrorCode.FORBIDDEN, "expected the scope moderate, got dj")
    await bob.call(skip)
    own = view.snapshot.booth.play
    assert own is not None
    assert own.dj == me(robo)
    await robo.call(commands.BoothSkip(room=view.id, play_id=own.id))


async def test_own_messages_only(world: World) -> None:
    """With ``chat.write`` a bot deletes its own messages; others' need ``moderate``, even for staff."""
    ann, robo, view = await host_with_bot(world, "chat.write")
    bob = await world.user("bob")
    await bob.join(view.id)
    mine, theirs = await robo.chat(view.id, "oops"), await bob.chat(view.id, "hello")
    await robo.call(commands.ChatDelete(room=view.id, id=mine.id))
    for delete in (
        commands.ChatDelete(room=view.id, id=theirs.id),
        commands.ChatDelete(room=view.id, user=me(bob).id),
        commands.ChatDelete(room=view.id, all=True),
    ):
        await assert_refused(robo, delete, ErrorCode.FORBIDDEN, "expected the scope moderate")
    strong = await bot_of(world, ann, "strong", "moderate")
    await ann.call(commands.StaffSet(room=view.id, user=me(strong).id, role="bouncer"))
    await strong.join(view.id)
    await strong.call(commands.ChatDelete(room=view.id, id=theirs.id))


async def test_without_chat_read(world: World) -> None:
    """
    A bot without ``chat.read`` learns that somebody spoke, never what was said.

    Not live, not on joining, not when it resumes, not in the history; the numbering has no
    hole, and what it reduced equals what it would be handed.
    """
    ann = await world.user("ann")
    room = await ann.join("lobby")
    await ann.chat(room.id, "SECRET before")
    deaf = await bot_of(world, ann, "deaf", "chat.write")
    view = await deaf.join("lobby")
    assert [message.text for message in view.snapshot.chat] == [""]
    before = view.seq
    await ann.chat(room.id, "SECRET live @deaf")
    told = await next_message(deaf)
    assert (told.user.name, told.text, told.mentions) == ("ann", "", [])
    resumed: JoinResult = await deaf.call(
        commands.RoomJoin(room=room.id, resume=Resume(epoch=view.epoch, seq=before))
    )
    again: JoinResult = await deaf.call(commands.RoomJoin(room=room.id))
    assert resumed.recovered
    assert "SECRET" not in repr((view.snapshot, told, resumed, again))
    assert again.snapshot is not None
    assert view.snapshot.chat == again.snapshot.chat
    history = commands.ChatHistory(room=room.id)
    await assert_refused(deaf, history, ErrorCode.FORBIDDEN, r"expected the scope chat\.read")
    hearing = await bot_of(world, ann, "ears", "chat.read")
    await hearing.join("lobby")
    await ann.chat(room.id, "for all")
    assert (await next_message(hearing)).text == "for all"


async def test_own_rates(world: World) -> None:
    """A bot may talk twice as fast as a person; beyond that it is told how long to wait."""
    ann = await world.user("ann")
    robo = await bot_of(world, ann, "robo", "chat.write")
    await robo.join("lobby")
    said = await asyncio.gather(
        *(robo.chat("lobby", f"{n}") for n in range(BOT_RATES["chat"].burst + 1)), return_exceptions=True
    )
    refused = [each for each in said if isinstance(each, RequestError)]
    assert BOT_RATES["chat"].burst > RATES["chat"].burst
    assert len(refused) <= 1
    assert [each.code for each in refused] == [ErrorCode.RATE_LIMITED] * len(refused)
    assert all(0 < (each.error.retry_after_ms or 0) <= BOT_RATES["chat"].per_ms for each in refused)
    assert len(said) - len(refused) >= BOT_RATES["chat"].burst


async def test_logging_in_as_somebody_else(world: World) -> None:
    """A connection that was a bot and becomes a person is bound by no scopes, and the other way round."""
    ann = await world.user("ann")
    made = await make_bot(ann, "robo")
    both = await world.client()
    await both.resume(made.token)
    chat = commands.ChatSend(room="lobby", text="hi")
    await assert_refused(both, chat, ErrorCode.FORBIDDEN, "expected the scope")
    await both.guest("gus")
    await both.join("lobby")
    await both.call(chat)
    await both.resume(made.token)
    await assert_refused(both, chat, ErrorCode.FORBIDDEN, "expected the scope")
