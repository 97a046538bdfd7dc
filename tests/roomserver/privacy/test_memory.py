"""What the process keeps of people, and how it lets go of it."""

from __future__ import annotations

import pytest

from protocol.limits import BLOCK_TITLE_MS
from roomserver.privacy import memory
from roomserver.privacy.memory import PeopleMemory, RoomMemory, flush_outgoing
from tests.support.server import SONG, House


class Line:
    """A connection with bytes on their way."""

    def __init__(self, unsent: list[int]) -> None:
        self._unsent = unsent
        self.is_aborted = False

    @property
    def unsent_bytes(self) -> int:
        """Return the next size."""
        return self._unsent.pop(0) if len(self._unsent) > 1 else self._unsent[0]

    def abort(self) -> None:
        """Note the end."""
        self.is_aborted = True


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LOOK_SECONDS", 0.001)


async def test_who_takes_it_in_time_stays() -> None:
    """Only a connection that never got rid of what was told before is dropped with it."""
    quick, slow, idle = Line([5, 5, 0]), Line([5]), Line([0])

    assert await flush_outgoing([quick, slow, idle], 0.05) == 1
    assert [line.is_aborted for line in (quick, slow, idle)] == [False, True, False]


async def test_nobody_waits_for_nothing() -> None:
    """Without anything on its way there is no wait."""
    assert await flush_outgoing([Line([0])], 3600) == 0


async def test_a_reader_that_does_not_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that wait for a client which does not read are gone with its connection, in five seconds."""
    monkeypatch.setattr(memory, "PATIENCE_SECONDS", 0.2)
    stuck = await house.raw_guest()
    stuck.ask(2, "room.join", {"room": "lobby"})
    await stuck.read_until(b"epoch")
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    frame = b"x" * 6_000_000
    [live] = [live for live in house.server.hub if live.subscribers]
    everybody = [one for group in live.subscribers.values() for one in group]
    [guest] = [one for one in everybody if one.user is not None and one.user.kind == "guest"]
    guest.send(frame)
    assert any(line.unsent_bytes for line in house.server.gateway)
    await anna.ask("privacy.erase", confirm="anna", password="correct horse battery")
    await house.server.rights.erasures.settled()

    assert not any(line.unsent_bytes for line in house.server.gateway)
    [request] = await house.server.rights.vault.database.rows("SELECT receipts FROM privacy_requests")
    assert '"unread":1' in request["receipts"]


async def test_titles_of_what_is_blocked(house: House) -> None:
    """A room that runs calls what was blocked by its id once the title's time is over."""
    anna = await house.user("anna")
    await anna.ask("room.create", name="Den", slug="den")
    await anna.ask("room.join", room="den")
    await anna.ask("media.block", room="den", media=SONG, on=True)
    rooms, now = RoomMemory(house.server.hub), house.server.rights.now_ms()

    async def titles() -> list[str]:
        return [one["title"] for one in (await anna.ask("media.blocked", room="den"))["blocked"]]

    rooms.expire(now)
    assert await titles() == ["A song"]
    rooms.expire(now + BLOCK_TITLE_MS + 60_000)
    assert await titles() == ["direct /media/song.ogg"]


async def test_holders(house: House) -> None:
    """Rooms and people are found in memory by their words, and forgotten."""
    anna = await house.user("anna-canary")
    await anna.ask("room.join", room="lobby")
    await anna.ask("chat.send", room="lobby", text="chat-canary")
    rooms, people = RoomMemory(house.server.hub), PeopleMemory(house.server.people)
    assert rooms.contains(b"chat-canary") > 0
    assert people.contains(b"anna-canary") == 1
    assert people.scrub(anna.user["id"], ["m"]) == 0
    assert people.scrub(anna.user["id"], None) == 1
    assert people.contains(b"anna-canary") == 0
    assert rooms.scrub(anna.user["id"], None) > 0
    assert rooms.expire(house.server.rights.now_ms() + 10**9) > 0
    assert people.expire(0) == 0
