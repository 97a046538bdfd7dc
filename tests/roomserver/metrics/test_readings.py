"""What a scrape of a running server says, and what it never says."""

from __future__ import annotations

from roomserver.metrics.catalog import METRICS
from tests.roomserver.metrics.test_metrics import samples
from tests.support.server import SONG, House


async def test_everything_is_fed(house: House) -> None:
    """A running server feeds every metric of the catalog."""
    assert house.server.metrics.names == set(METRICS)


async def test_a_room_in_figures(house: House) -> None:
    """Connections, people, rooms and requests are counted as they are, by words of the protocol."""
    dj = await house.user("anna")
    guest = await house.guest("berta")
    stranger = await house.wire()
    await stranger.hear("hello")
    for wire in (dj, guest):
        await wire.ask("room.join", room="lobby")
    await dj.ask("waitlist.join", room="lobby", media=SONG)
    assert (await guest.refused("waitlist.join", room="lobby", media=SONG))["code"] == "forbidden"
    assert (await guest.refused("make.coffee"))["code"] == "unknown_method"
    await guest.ask("clock.sync", t1_us=1)
    seen = {
        (name, *sorted(dict(labels).values())): value
        for (name, labels), value in samples(house.server.metrics).items()
    }
    expected = {
        ("connections", "open"): 2,
        ("connections", "authentication"): 1,
        ("users_online", "user"): 1,
        ("users_online", "guest"): 1,
        ("rooms_open",): 1,
        ("rooms_playing",): 1,
        ("rooms_broken",): 0,
        ("members",): 2,
        ("waiting",): 0,
        ("draining",): 0,
        ("storage_writable",): 1,
        ("commands_total", "ok", "room.join"): 2,
        ("commands_total", "forbidden", "waitlist.join"): 1,
        ("commands_total", "ok", "waitlist.join"): 1,
        ("commands_total", "unknown", "unknown_method"): 1,
        ("commands_total", "clock.sync", "ok"): 1,
        ("commit_failures_total",): 0,
    }
    assert {key: seen.get((f"roomserver_{key[0]}", *key[1:])) for key in expected} == expected
    assert seen["roomserver_commit_seconds_count",] > 0
    assert seen["roomserver_fan_out_seconds_count",] >= seen["roomserver_commit_seconds_count",]
    assert seen["roomserver_deliveries_total",] > 0
    assert seen["roomserver_database_bytes", "database"] > 0


async def test_alarms_of_privacy(house: House) -> None:
    """What fails the health check in the name of privacy is a gauge of its kind, also while all is well."""
    server = house.server

    def alarms() -> dict[str, float]:
        seen = samples(server.metrics)
        return {
            dict(labels)["kind"]: value
            for (name, labels), value in seen.items()
            if name == "roomserver_privacy_alarms"
        }

    kinds = {"clock", "failing", "paused", "late", "erasure", "rights"}
    assert alarms() == dict.fromkeys(kinds, 0.0)
    server.sweeps._problem, server.sweeps._paused = "the clock is 9 s behind", frozenset({"chat"})
    server.rights._late = ["memory"]
    with server.rights.rounds.step("mail"):
        raise ValueError("no")
    wrong = {"clock", "paused", "erasure", "rights"}
    assert alarms() == {kind: float(kind in wrong) for kind in kinds}
    assert b'roomserver_privacy_failures_total{step="mail"} 1.0' in server.metrics.text()


async def test_no_personal_data(house: House) -> None:
    """Neither names nor ids nor texts nor addresses nor rooms are in what is scraped."""
    anna = await house.user("annabella")
    await anna.ask("room.join", room="lobby")
    sent = await anna.ask("chat.send", room="lobby", text="canary-in-the-chat")
    await anna.refused("canary.method")
    text = house.server.metrics.text().decode()
    secrets = ("annabella", anna.user["id"], anna.token, "canary", sent["id"], "127.0.0.1", "lobby")
    assert not [secret for secret in secrets if secret in text]
