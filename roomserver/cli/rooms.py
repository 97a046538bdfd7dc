"""``roomserver room``: rooms."""

from __future__ import annotations

from roomserver.admin.rooms import RoomCreate, RoomDelete, RoomList, RoomShow, RoomStaff, RoomTakeOver
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.cli.users import LIMIT, USER

ROOM = argument("room", help="slug or id of the room")


async def list_rooms(invocation: Invocation) -> Exit:
    """List rooms."""
    command = RoomList(query=invocation.arguments.query, limit=invocation.arguments.limit)
    invocation.output.rows("rooms", (await administer(invocation.config, command))["rooms"])
    return Exit.OK


async def show(invocation: Invocation) -> Exit:
    """Show one room."""
    facts = await administer(invocation.config, RoomShow(room=invocation.arguments.room))
    invocation.output.facts(facts)
    return Exit.OK


async def create(invocation: Invocation) -> Exit:
    """Make a room."""
    given = invocation.arguments
    command = RoomCreate(name=given.name, slug=given.slug, host=given.host)
    made = await administer(invocation.config, command)
    invocation.output.result(made, f"room {made['slug']} created")
    return Exit.OK


async def delete(invocation: Invocation) -> Exit:
    """Delete a room."""
    command = RoomDelete(room=invocation.arguments.room, confirm=invocation.arguments.confirm)
    done = await administer(invocation.config, command)
    invocation.output.result(done, f"room {done['slug']} deleted")
    return Exit.OK


async def staff(invocation: Invocation) -> Exit:
    """Give a role."""
    given = invocation.arguments
    done = await administer(invocation.config, RoomStaff(room=given.room, user=given.user, role=given.role))
    invocation.output.result(done, f"{done['user']} is {done['role']} in {done['slug']} now")
    return Exit.OK


async def take_over(invocation: Invocation) -> Exit:
    """Give an archived room a host."""
    given = invocation.arguments
    done = await administer(invocation.config, RoomTakeOver(room=given.room, user=given.user))
    invocation.output.result(done, f"{done['user']} is host of {done['slug']} now, and it is open again")
    return Exit.OK


COMMANDS = (
    Command(
        "room list",
        "list rooms, newest first, private and archived ones too",
        list_rooms,
        (argument("--query", default="", help="a part of name or slug"), LIMIT),
    ),
    Command("room show", "show one room", show, (ROOM,)),
    Command(
        "room create",
        "make a room",
        create,
        (
            argument("name", help="its name"),
            argument("--slug", help="its word in links (default: made from the name)"),
            argument("--host", help="name or id of the account that becomes its host"),
        ),
    ),
    Command(
        "room delete",
        "delete a room for good, with its log",
        delete,
        (ROOM, argument("--confirm", required=True, metavar="SLUG", help="the room's slug once more")),
    ),
    Command(
        "room staff",
        "give somebody a role in a room",
        staff,
        (
            ROOM,
            USER,
            argument(
                "role",
                choices=("user", "resident", "bouncer", "manager", "cohost", "host"),
                help="user takes it away; the old host becomes a cohost",
            ),
        ),
    ),
    Command(
        "room take-over",
        "make somebody the host of an archived room, which opens it again",
        take_over,
        (ROOM, USER),
    ),
)
