"""A person with a canary in every field of the wire that can hold text, among others, on a real server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.canary import canary
from tests.support.server import PASSWORD, House, Wire

ROOMS = ("one", "two", "three")


class Canaried:
    """Anna, who wrote a canary wherever one can, and Ben, who answered with canaries about her."""

    def __init__(self, anna: Wire, ben: Wire, words: list[str]) -> None:
        self.anna = anna
        self.ben = ben
        self.words = words

    @property
    def confirmation(self) -> dict[str, str]:
        """What Anna's erasure asks for."""
        return {"confirm": self.anna.user["name"], "password": PASSWORD}


async def fill(house: House) -> Canaried:
    """Let Anna and Ben do everything that leaves a text behind."""
    words: list[str] = []

    def word(label: str) -> str:
        words.append(canary(label))
        return words[-1]

    anna = await _register(house, word("a"), email=f"{word('mail')}@example.org")
    ben = await house.user("ben")
    await anna.ask(
        "account.update", bio=f"{word('bio')} {words[-1]}", avatar_url=f"https://example.org/{word('pic')}"
    )
    songs = [_song(word, n) for n in range(4)]
    mine = (await anna.ask("playlist.create", name=word("list")))["playlist"]["id"]
    await anna.ask("playlist.insert", playlist_id=mine, items=songs[:3], at="end")
    await ben.ask("playlist.create", name="Ben's")
    bot = await anna.ask("bot.create", name=word("b"), scopes=["chat.read", "chat.write"], bio=word("botbio"))
    robot = await house.wire()
    robot.became(await robot.ask("session.resume", token=bot["token"]))
    company = Company(anna, ben, robot)
    for number, slug in enumerate(ROOMS):
        await _in_a_room(slug, company, word, song=songs[3], is_annas=number < 2)
    await anna.ask("privacy.consents", marketing=True, improvement=False)
    await anna.ask("privacy.export")
    await anna.hear("privacy.export_ready")
    await ben.ask("privacy.report_age", user=anna.user["id"])
    return Canaried(anna, ben, words)


class Company(NamedTuple):
    """Who meets in the rooms."""

    anna: Wire
    ben: Wire
    robot: Wire


async def _register(house: House, name: str, **more: Any) -> Wire:
    wire = await house.wire()
    birth = {"year": 1990, "month": 5, "day": 17}
    params = {"username": name, "password": PASSWORD, "birth": birth, "accept_policy": True, **more}
    return wire.became(await wire.ask("session.register", **params))


def _song(word: Callable[[str], str], number: int) -> dict[str, Any]:
    if number < 3:
        # Others grab these, and keep what they need to play them: the provider's id.
        source = {"source": "youtube", "source_id": f"dQw4w9WgXc{number}"}
    else:
        source = {"source": "direct", "source_id": f"https://example.org/{word('url')}.ogg"}
    texts = {"title": word("title"), "artist": word("artist")}
    return {
        **source,
        **texts,
        "thumbnail_url": f"https://example.org/{word('thumb')}",
        "duration_ms": 200_000,
    }


async def _in_a_room(
    slug: str, company: Company, word: Callable[[str], str], *, song: dict[str, Any], is_annas: bool
) -> None:
    anna, ben, robot = company
    owner = anna if is_annas else ben
    await owner.ask("room.create", name=word("room") if is_annas else "Ben's", slug=slug)
    for wire in company:
        await wire.ask("room.join", room=slug)
    other = ben if owner is anna else anna
    await owner.ask("staff.set", room=slug, user=other.user["id"], role="cohost")
    await anna.ask("room.update", room=slug, description=word("about"), welcome=word("motd"))
    await anna.ask("chat.send", room=slug, text=f"{word('chat')} {word('chat')}", nonce=word("nonce"))
    said = await anna.ask("chat.send", room=slug, text=word("emote"), emote=True)
    await robot.ask("chat.send", room=slug, text=word("beep"))
    await ben.ask("chat.send", room=slug, text=f"Ben's words to @{anna.user['name']}", reply_to=said["id"])
    deleted = await anna.ask("chat.send", room=slug, text=word("gone"))
    await anna.ask("chat.delete", room=slug, id=deleted["id"])
    # Played, liked, grabbed, skipped with words about it, blocked.
    await anna.ask("waitlist.join", room=slug)
    play = (await ben.hear("play.started", room=(await ben.ask("room.get", room=slug))["room"]["id"]))["play"]
    await ben.ask("vote.cast", room=slug, play_id=play["id"], value=1)
    await ben.ask("vote.grab", room=slug, play_id=play["id"])
    if owner is ben:
        await ben.ask("media.block", room=slug, media=play["media"], on=True)
    await anna.ask("booth.skip", room=slug, play_id=play["id"], reason=word("skip"))
    await anna.ask("booth.leave", room=slug, after_play=False)
    await anna.ask("waitlist.join", room=slug, media=song)
    user = anna.user["id"]
    if owner is ben:
        await ben.ask("mod.mute", room=slug, user=user, duration_ms=60_000, reason=word("mute"))
        await ben.ask("mod.waitlist_ban", room=slug, user=user, duration_ms=60_000, reason=word("wban"))
        await ben.ask("mod.ban", room=slug, user=user, duration_ms=3_600_000, reason=word("ban"))
    else:
        guest = robot.user["id"]
        await anna.ask("mod.kick", room=slug, user=guest, reason=word("kick"))
