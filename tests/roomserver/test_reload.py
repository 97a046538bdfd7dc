"""Settings that change while the server runs."""

from __future__ import annotations

from functools import partial

import pytest
from msgspec.structs import replace

from roomserver.config import ChatConfig, Config, ConfigError, DoorConfig, ListenConfig, RatesConfig
from roomserver.reload import Apply, Reloader
from storage.errors import StorageUnavailableError
from tests.support.server import House

BEFORE = Config()


class Part:
    """A part that follows settings and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Config] = []
        self.refuses = False

    def prepare(self, config: Config) -> Apply:
        """Get ready, unless it refuses."""
        if self.refuses:
            raise ConfigError(["expected something else"])
        return partial(self.told.append, config)


def reloader(after: Config, **parts: Part) -> Reloader:
    """Return a reloader that will find other settings."""
    made = Reloader(BEFORE)
    made.source = lambda: after
    for name, part in parts.items():
        made.on(name.replace("_", ".", 1), part.prepare)
    return made


async def test_groups_and_single_settings() -> None:
    """A group and a single setting are followed; what nobody follows waits for a restart."""
    after = replace(
        BEFORE,
        rates=RatesConfig(chat="9/9"),
        listen=ListenConfig(port=1, origins=["https://radio.example"]),
    )
    rates, origins, chat = Part(), Part(), Part()
    one = reloader(after, rates=rates, listen_origins=origins, chat=chat)
    assert (await one.reload()) == (["listen.origins", "rates.chat"], ["listen.port"])
    for part in (rates, origins):
        (told,) = part.told
        assert told.rates.chat == "9/9"
        assert told.listen == ListenConfig(origins=["https://radio.example"])
    assert not chat.told
    assert one.config == rates.told[0]
    assert (await one.reload()) == ([], ["listen.port"])
    assert len(rates.told) == 1


async def test_all_or_nothing() -> None:
    """When one part cannot follow, none does."""
    after = replace(BEFORE, rates=RatesConfig(chat="9/9"), chat=ChatConfig(blocked_words=["x"]))
    rates, chat = Part(), Part()
    chat.refuses = True
    one = reloader(after, rates=rates, chat=chat)
    with pytest.raises(ConfigError, match="expected something else"):
        await one.reload()
    assert not rates.told
    assert one.config is BEFORE
    chat.refuses = False
    assert (await one.reload()).applied == ["chat.blocked_words", "rates.chat"]


async def test_unreadable() -> None:
    """Settings that cannot be read change nothing, and a server without any says so."""
    one = Reloader(BEFORE)
    with pytest.raises(ConfigError, match="expected settings to read again"):
        await one.reload()

    def unreadable() -> Config:
        raise ConfigError(["x.toml:1: expected TOML"])

    one.source = unreadable
    with pytest.raises(ConfigError, match=r"x\.toml:1"):
        await one.reload()


async def test_what_must_be_written_goes_first() -> None:
    """A part that the disk may refuse is asked every time, after all others are ready, before any applies."""
    after = replace(BEFORE, rates=RatesConfig(chat="9/9"))
    rates, order = Part(), list[str]()
    answers = [False, True]

    async def adopt(_config: Config) -> bool:
        order.append("rates told" if rates.told else "rates not told yet")
        if not answers:
            raise StorageUnavailableError(OSError("disk full"))
        return answers.pop(0)

    one = reloader(after, rates=rates)
    one.on_disk("privacy.policy", adopt)
    assert (await one.reload()).applied == ["rates.chat"]
    assert order == ["rates not told yet"]
    assert (await one.reload()).applied == ["privacy.policy"]
    one.source = lambda: BEFORE
    with pytest.raises(StorageUnavailableError):
        await one.reload()
    assert len(rates.told) == 1
    assert one.config.rates.chat == "9/9"


async def test_in_a_server(house: House) -> None:
    """Words, rates, doors and origins change for those who are there and those who come."""
    anna = await house.user("anna")
    await anna.ask("room.join", room="lobby")
    await anna.ask("chat.send", room="lobby", text="hello")
    server = house.server
    after = replace(
        server.reloader.config,
        chat=ChatConfig(blocked_words=["hello"]),
        rates=RatesConfig(vote="1/60000"),
        door=DoorConfig(exempt=[], connections=7),
        listen=replace(server.reloader.config.listen, origins=["https://radio.example"]),
    )
    server.reloader.source = lambda: after
    done = await server.reloader.reload()
    assert done.applied == [
        "chat.blocked_words",
        "door.connections",
        "door.exempt",
        "listen.origins",
        "rates.vote",
    ]
    assert (await anna.refused("chat.send", room="lobby", text="hello"))["code"] == "forbidden"
    assert server.gateway.entrance.door.rules.connections == 7
    assert server.gateway.entrance.origins == {"https://radio.example"}
    votes = {"room": "lobby", "play_id": "none", "value": 1}
    assert (await anna.refused("vote.cast", **votes))["code"] != "rate_limited"
    assert (await anna.refused("vote.cast", **votes))["code"] == "rate_limited"
    hello = await (await house.wire()).hear("hello")
    assert hello["rates"]["vote"] == {"burst": 1, "per_ms": 60_000}


async def test_what_can_be_reloaded(house: House) -> None:
    """Limits and policy can, addresses and storage cannot."""
    assert {
        "chat",
        "door",
        "drain",
        "rates",
        "listen.origins",
        "privacy.policy",
    } <= house.server.reloader.names
    assert not {"storage", "listen", "auth", "admin"} & house.server.reloader.names
