"""A caller's rates: what is announced is what is enforced."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from protocol.codec import Response
from protocol.limits import RATES
from roomserver.api.caller import LIMITED_MAX
from roomserver.config import RatesConfig
from tests.support.server import House, Wire, assert_closed

REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat.send", {"room": "lobby", "text": "x"}),
    "vote": ("vote.cast", {"room": "lobby", "play_id": "x", "value": 1}),
    "queue": ("waitlist.leave", {"room": "lobby"}),
    "playlist": ("playlist.activate", {"playlist_id": "x"}),
    "moderate": ("waitlist.clear", {"room": "lobby"}),
    "join": ("room.leave", {"room": "lobby"}),
    "read": ("privacy.notice", {}),
    "auth": ("session.login", {"username": "nobody", "password": "wrong horse"}),
    "privacy": ("privacy.report_age", {"user": "nobody"}),
    "clock": ("clock.sync", {"t1_us": 1}),
}
"""A request of each rate class; most are refused by their own rules, which costs a token all the same."""


async def flood(wire: Wire, method: str, params: dict[str, Any], count: int) -> list[Response]:
    """Send many requests in one message, and return their answers."""
    first = 1000 + len(wire.heard)
    numbers = range(first, first + count)
    await wire.send(*([0, number, method, params] for number in numbers))
    return [await wire.answer(number) for number in numbers]


def limited(answers: list[Response]) -> list[dict[str, Any]]:
    """Return the errors of those that came too fast."""
    return [one.error for one in answers if one.error is not None and one.error["code"] == "rate_limited"]


def test_every_class_is_tested() -> None:
    """A new rate class needs a request here."""
    assert set(REQUESTS) == set(RATES)


@pytest.mark.parametrize("rate_class", RATES)
async def test_announced_rates(house: House, rate_class: str) -> None:
    """Exactly the announced burst passes at once, and each refusal says how long to wait."""
    wire = await house.user("eager")
    rate = (await wire.hear("hello"))["rates"][rate_class]
    method, params = REQUESTS[rate_class]
    began = asyncio.get_running_loop().time()
    answers = await flood(wire, method, params, rate["burst"] + 8)
    elapsed_ms = (asyncio.get_running_loop().time() - began) * 1000
    refused = limited(answers)
    passed = len(answers) - len(refused)
    # Registering cost a token of its own where the bucket is the connection's.
    assert rate["burst"] - 1 <= passed <= rate["burst"] + elapsed_ms / rate["per_ms"]
    assert all(error["temporary"] for error in refused)
    assert all(0 < error["retry_after_ms"] <= rate["per_ms"] for error in refused)


async def test_buckets_belong_to_the_user(house: House) -> None:
    """A second tab and a reconnect bring no new tokens; another user has their own."""
    first, other = await house.user("two-tabs"), await house.guest()
    await flood(first, *REQUESTS["chat"], 10)
    second = await house.again(first)
    assert len(limited(await flood(second, *REQUESTS["chat"], 3))) >= 2
    await first.leave()
    await second.leave()
    third = await house.again(first)
    assert len(limited(await flood(third, *REQUESTS["chat"], 3))) >= 2
    assert limited(await flood(other, *REQUESTS["chat"], 3)) == []


async def test_who_ignores_the_rates(house: House) -> None:
    """A client that goes on regardless is closed with 4101 and told when to come back."""
    wire, calm = await house.guest(), await house.guest()
    await calm.ask("room.join", room="lobby")
    for _ in range(LIMITED_MAX // 50 + 2):
        await wire.send(*([0, number, *REQUESTS["chat"]] for number in range(100, 150)))
    closing = await assert_closed(wire, 4101)
    assert closing["retry_after_ms"] > 0
    await calm.synced()


async def test_rates_of_the_operator(data: Path) -> None:
    """Rates that the operator sets are announced and enforced, before and after signing in."""
    house = await House(data).open(rates=RatesConfig(chat="30/1000", read="2/5000"))
    wire = await house.guest()
    rates = (await wire.hear("hello"))["rates"]
    assert rates["chat"] == {"burst": 30, "per_ms": 1000}
    assert limited(await flood(wire, *REQUESTS["chat"], 30)) == []
    assert len(limited(await flood(wire, *REQUESTS["read"], 5))) == 3
    stranger = await house.wire()
    assert len(limited(await flood(stranger, *REQUESTS["read"], 5))) == 3
    await house.close()
