"""The chat as NDJSON on standard output, and what comes on standard input into the chat."""

import asyncio
import json
import sys

from client_demo.bot import Bot, Ready, Room
from protocol.events import ChatDeleted, ChatMessage

bot = Bot()


def tell(**line: object) -> None:
    """Write a line for whatever is at the other end of the pipe."""
    print(json.dumps(line), flush=True)


@bot.on(ChatMessage)
async def said(message: ChatMessage, room: Room) -> None:
    """Pass on what people say."""
    tell(room=room.slug, id=message.id, at_ms=message.at_ms, name=message.user.name, text=message.text)


@bot.on(ChatDeleted)
async def deleted(event: ChatDeleted, room: Room) -> None:
    """Pass on what must be removed at the other end too."""
    tell(room=room.slug, deleted=event.ids or event.user or "all", at_ms=event.at_ms)


@bot.on(Ready)
async def listen(room: Room) -> None:
    """Say each line of standard input, until it ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip():
            await room.chat(line.strip())
