"""The hub: rooms that nobody is in are forgotten, and open again as they were."""

from __future__ import annotations

from roomserver.hub import IDLE_MS
from tests.support.server import SONG, House


async def test_unload(house: House) -> None:
    """An empty room is unloaded after a while and opens again; one with somebody inside stays."""
    hub = house.server.hub
    user = await house.user("anna")
    made = await user.ask("room.create", name="Quiet")
    slug = made["room"]["slug"]
    await user.ask("room.join", room="lobby")
    await house.server.beat.barrier()
    assert hub.live(slug) is not None
    assert hub.unload_idle() == 0

    now = hub._now_ms
    hub._now_ms = lambda: now() + IDLE_MS + 1000
    assert hub.unload_idle() == 1
    assert hub.live(slug) is None
    assert hub.live("lobby") is not None

    again = await user.ask("room.join", room=slug)
    assert again["snapshot"]["room"]["name"] == "Quiet"
    assert again["you"]["role"] == "host"


async def test_fallback_of_a_room(house: House) -> None:
    """A host names a playlist; it plays at once when nobody DJs, survives a restart, and can go."""
    user = await house.user("anna")
    slug = (await user.ask("room.create", name="Radio"))["room"]["slug"]
    joined = await user.ask("room.join", room=slug)
    assert joined["snapshot"]["booth"]["play"] is None
    playlist = (await user.ask("playlist.create", name="p"))["playlist"]["id"]
    assert (await user.refused("room.update", room=slug, fallback=playlist))["code"] == "no_media"
    await user.ask("playlist.insert", playlist_id=playlist, items=[SONG])
    await user.ask("room.update", room=slug, fallback=playlist)
    snapshot = (await user.ask("room.join", room=slug))["snapshot"]
    assert snapshot["settings"]["fallback"] is True
    assert snapshot["booth"]["play"]["media"]["title"] == "A song"
    assert snapshot["booth"]["dj"] is None

    token = user.token
    await house.restart()
    again = await house.wire()
    await again.ask("session.resume", token=token)
    snapshot = (await again.ask("room.join", room=slug))["snapshot"]
    assert snapshot["settings"]["fallback"] is True
    await again.ask("room.update", room=slug, fallback="")
    live = house.server.hub.live(slug)
    assert live is not None
    assert live.room.state.fallback == ()


async def test_fallback_is_the_own(house: House) -> None:
    """Somebody else's playlist is one that does not exist."""
    anna, berta = await house.user("anna"), await house.user("berta")
    playlist = (await berta.ask("playlist.create", name="p"))["playlist"]["id"]
    slug = (await anna.ask("room.create", name="Radio"))["room"]["slug"]
    await anna.ask("room.join", room=slug)
    assert (await anna.refused("room.update", room=slug, fallback=playlist))["code"] == "not_found"
