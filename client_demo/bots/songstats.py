"""Counts how often a song was played and loved."""

from typing import TypedDict

from client_demo.bot import Bot, Context, Room
from protocol.events import PlayStarted, PlayStopped


class Song(TypedDict):
    """What is kept of a song."""

    title: str
    plays: int
    woots: int


bot = Bot()
songs = bot.store("songs", Song)


@bot.on(PlayStarted)
@bot.on(PlayStopped)
async def count(event: PlayStarted | PlayStopped, room: Room) -> None:
    """Count the play that just ended."""
    if event.previous is None:
        return
    [last] = await room.history(1)
    song = songs.get(last.media.source_id) or Song(title=last.media.title, plays=0, woots=0)
    song["plays"] += 1
    song["woots"] += last.score.woots
    songs[last.media.source_id] = song


@bot.command
async def top(ctx: Context) -> None:
    """Name the songs with the most woots."""
    best = sorted(songs.values(), key=lambda song: -song["woots"])[:3]
    await ctx.reply("; ".join(f"{each['title']}: {each['woots']} woots in {each['plays']}" for each in best))
