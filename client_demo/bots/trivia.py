"""Asks questions, and keeps the score."""

import itertools

from client_demo.bot import Bot, Context, Cooldown
from protocol.events import ChatMessage

QUESTIONS = itertools.cycle(
    [
        ("which protocol does this server speak?", {"websocket", "websockets"}),
        ("how many bits has a byte?", {"8", "eight"}),
        ("what is the booth for?", {"djs", "djing", "playing", "music"}),
    ]
)
bot = Bot()
points = bot.store("points", int)
names = bot.store("names", str)


@bot.command(cooldown=Cooldown(1, "25s", per="room"))
async def trivia(ctx: Context) -> None:
    """Ask a question; the first right answer gets a point."""
    question, answers = next(QUESTIONS)
    await ctx.say(f"{question} (20 s)")
    right = await ctx.wait_for(ChatMessage, lambda said: said.text.strip().lower() in answers, timeout=20)
    if right is None:
        await ctx.say(f"time is over: {min(answers)}")
        return
    points[right.user.id] = points.get(right.user.id, 0) + 1
    names[right.user.id] = right.user.name
    await ctx.say(f"right, @{right.user.name}: {points[right.user.id]} so far")


@bot.command
async def scores(ctx: Context) -> None:
    """Say who has the most points."""
    await ctx.reply(", ".join(f"{names[user]} {count}" for user, count in points.top(5)) or "nobody yet")
