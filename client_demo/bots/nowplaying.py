"""Posts what plays to a webhook, as JSON: ``NOW_PLAYING_URL=https://… roomclient bot nowplaying.py``."""

import asyncio
import json
import os
import urllib.request

from client_demo.bot import Bot, Room
from protocol.events import PlayStarted

bot = Bot()


def post(body: dict[str, object]) -> int:
    """Post JSON and return the status; a web server that is down is the error handler's."""
    request = urllib.request.Request(  # noqa: S310 - the address is the owner's
        os.environ["NOW_PLAYING_URL"],
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - see above
        return int(answer.status)


@bot.on(PlayStarted)
async def announce(event: PlayStarted, room: Room) -> None:
    """Tell the webhook, in a thread: it may be slow."""
    media, dj = event.play.media, event.play.dj
    await asyncio.to_thread(
        post,
        {
            "room": room.slug,
            "title": media.title,
            "artist": media.artist,
            "dj": None if dj is None else dj.name,
            "started_at_ms": event.play.started_at_ms,
        },
    )
