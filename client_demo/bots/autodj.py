"""Takes a turn whenever nobody else does, and steps down for people."""

from client_demo.bot import Bot, Ready, RequestError, Room
from protocol.events import PlayStarted, PlayStopped, WaitlistChanged
from protocol.values import Media

TRACKS = [
    Media(source="direct", source_id="/media/night-bus.wav", title="Night Bus", duration_ms=45_714),
    Media(source="direct", source_id="/media/first-light.wav", title="First Light", duration_ms=39_996),
]
bot = Bot()
turns = bot.store("turns", int)


@bot.on(Ready)
@bot.on(PlayStarted)
@bot.on(PlayStopped)
async def take_a_turn(room: Room) -> None:
    """Queue the next track while no person plays or waits."""
    if room.dj is not None or room.waitlist:
        return
    count = turns.get(room.id, 0)
    try:
        await room.wait(TRACKS[count % len(TRACKS)])
    except RequestError as refused:
        print(f"not now: {refused}")
    else:
        turns[room.id] = count + 1


@bot.on(WaitlistChanged)
async def make_room(event: WaitlistChanged, room: Room) -> None:
    """Play to the end, then let the one who waits have the booth."""
    mine = room.dj is not None and room.dj.kind == "bot"
    if mine and event.user != room.dj and event.change in {"join", "add"}:
        await room.step_down(after_play=True)
