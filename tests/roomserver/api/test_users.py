"""User cards, over a real connection."""

from __future__ import annotations

from protocol import commands
from protocol.errors import ErrorCode
from protocol.results import UserResult
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
