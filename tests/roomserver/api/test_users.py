"""User cards, over a real connection."""

from __future__ import annotations

from protocol import commands
from protocol.errors import ErrorCode
from protocol.results import IgnoredResult, UserResult
from tests.support.world import World, assert_refused, me


async def test_card(world: World) -> None:
    """A card has what everybody sees, and the bio; a guest may read it, and has one too."""
    anna, guest = await world.user("anna"), await world.guest("gus")
    await anna.call(commands.AccountUpdate(bio="Plays vinyl", email="anna@mail.example"))
    card: UserResult = await guest.call(commands.UserGet(user=me(anna).id))
    assert (card.user.id, card.user.name, card.user.kind) == (me(anna).id, "anna", "user")
    assert card.user.bio == "Plays vinyl"
    assert "mail" not in repr(card)
    other: UserResult = await anna.call(commands.UserGet(user=me(guest).id))
    assert (other.user.kind, other.user.bio) == ("guest", None)


async def test_unknown_user(world: World) -> None:
    """A user who does not exist is not found."""
    anna = await world.user("anna")
    error = await assert_refused(anna, commands.UserGet(user="nobody"), ErrorCode.NOT_FOUND, "got 'nobody'")
    assert error.field == "user"


async def test_ignore(world: World) -> None:
    """Whom an account ignores is kept with it, told to nobody else, and taken back."""
    anna, berta = await world.user("anna"), await world.user("berta")
    await anna.call(commands.IgnoreSet(user=me(berta).id, on=True))
    await anna.call(commands.IgnoreSet(user=me(berta).id, on=True))
    ignored: IgnoredResult = await anna.call(commands.IgnoreList())
    assert [user.name for user in ignored.users] == ["berta"]
    others: IgnoredResult = await berta.call(commands.IgnoreList())
    assert others.users == []
    await anna.call(commands.IgnoreSet(user=me(berta).id, on=False))
    assert (await anna.call(commands.IgnoreList())).users == []


async def test_whom_not_to_ignore(world: World) -> None:
    """Nobody ignores themselves or nobody; guests have no account to keep it with."""
    anna, guest = await world.user("anna"), await world.guest("gus")
    own = commands.IgnoreSet(user=me(anna).id, on=True)
    await assert_refused(anna, own, ErrorCode.BAD_PARAMS, "somebody else")
    await assert_refused(anna, commands.IgnoreSet(user="x", on=True), ErrorCode.NOT_FOUND, "got 'x'")
    await assert_refused(guest, own, ErrorCode.FORBIDDEN, "got a guest")
