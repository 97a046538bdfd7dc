"""What moderators of other sites had as a script in a tab: the room's desk, as commands."""

from client_demo.bot import Bot, Context, Duration, Role
from protocol import commands
from protocol.values import User

bot = Bot()


@bot.command(role=Role.BOUNCER, scope="moderate")
async def skip(ctx: Context, *, reason: str | None = None) -> None:
    """Skip what plays."""
    await ctx.room.skip(reason)


@bot.command(role=Role.BOUNCER, scope="moderate")
async def lockskip(ctx: Context, position: int = 1) -> None:
    """Skip what plays, and keep its DJ a place (1 is the next)."""
    await ctx.room.skip("the DJ keeps a place", requeue_at=position - 1)


@bot.command(role=Role.BOUNCER, scope="moderate")
async def mute(ctx: Context, who: User, time: Duration, *, reason: str | None = None) -> None:
    """Keep somebody from talking for a while."""
    await ctx.room.mute(who.id, time, reason)


@bot.command(role=Role.MANAGER, scope="moderate")
async def lock(ctx: Context, on: bool = True) -> None:
    """Lock the waitlist, or open it."""
    await ctx.client.call(commands.WaitlistLock(room=ctx.room.id, on=on))


@bot.command
async def eta(ctx: Context) -> None:
    """Say who is before you."""
    ahead = [user.id for user in ctx.room.waitlist]
    place = ahead.index(ctx.user.id) if ctx.user.id in ahead else None
    await ctx.reply("you do not wait" if place is None else f"{place} before you")
