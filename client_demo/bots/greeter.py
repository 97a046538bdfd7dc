"""Greets whoever comes, the first time in other words than later, and says what a play was worth."""

from client_demo.bot import Bot, MemberJoined, Room
from protocol.events import PlayStarted

bot = Bot()
seen = bot.store("seen", int)


@bot.on(MemberJoined)
async def greet(event: MemberJoined, room: Room) -> None:
    """Greet people, not bots."""
    user = event.member.user
    if user.kind == "bot":
        return
    visits = seen.get(user.id, 0) + 1
    seen[user.id] = visits
    again = f"welcome back, @{user.name}!" if visits > 1 else f"welcome to {room.name}, @{user.name}!"
    await room.chat(again)


@bot.on(PlayStarted)
async def score(event: PlayStarted, room: Room) -> None:
    """Say how the last play went, if anybody cared."""
    last = event.previous
    if last is not None and last.woots + last.mehs + last.grabs:
        await room.chat(f"that was worth {last.woots} woots, {last.mehs} mehs and {last.grabs} grabs")
