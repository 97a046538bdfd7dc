"""Skips what is too long or was played a short while ago, and keeps the DJ a place."""

from client_demo.bot import Bot, Context, Duration, Role, Room
from protocol.events import PlayStarted

bot = Bot()
longest = bot.store("longest_ms", int)
REPEAT_PLAYS = 20


@bot.on(PlayStarted)
async def guard(event: PlayStarted, room: Room) -> None:
    """Look at each play once, when it is announced."""
    play = event.play
    if play.dj is None:
        return
    limit = Duration(longest.get(room.id, 8 * 60_000))
    if play.duration_ms > limit:
        await room.skip(f"longer than {limit}", requeue_at=2)
        return
    recent = {(each.media.source, each.media.source_id) for each in await room.history(REPEAT_PLAYS)}
    if (play.media.source, play.media.source_id) in recent:
        await room.skip(f"was among the last {REPEAT_PLAYS} plays", requeue_at=2)


@bot.command(role=Role.MANAGER)
async def maxlength(ctx: Context, limit: Duration) -> None:
    """Set the longest track."""
    longest[ctx.room.id] = int(limit)
    await ctx.reply(f"tracks may last {limit} from now on")
