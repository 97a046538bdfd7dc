"""
Bots: a file with handlers, which ``roomclient bot FILE`` runs.

::

    from client_demo.bot import Bot, Context

    bot = Bot()

    @bot.command
    async def ping(ctx: Context) -> None:
        await ctx.reply("pong")

What a handler wants it names by type: the event, the :class:`Room`, the :class:`Context` of a
command, the :class:`Bot`. What else a command takes is converted from the text.
"""

from __future__ import annotations

from client_demo.bot.bot import Bot
from client_demo.bot.context import Context
from client_demo.bot.cooldown import Cooldown
from client_demo.bot.duration import Duration
from client_demo.bot.happenings import MemberJoined, MemberLeft, Ready
from client_demo.bot.store import Store
from client_demo.sdk import Client, RequestError, Resynced, Room
from protocol.roles import Role

__all__ = [
    "Bot",
    "Client",
    "Context",
    "Cooldown",
    "Duration",
    "MemberJoined",
    "MemberLeft",
    "Ready",
    "RequestError",
    "Resynced",
    "Role",
    "Room",
    "Store",
]
