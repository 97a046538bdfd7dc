"""The limits of the wire."""

from __future__ import annotations

import pytest

from protocol import codec, limits
from protocol.commands import PlaylistInsert
from protocol.limits import BOT_RATES, RATES, Limits, Rate
from protocol.values import Media

ANNOUNCED = {
    name: getattr(limits, name.upper()) for name in Limits.__struct_fields__ if hasattr(limits, name.upper())
}


def test_announced() -> None:
    """What ``hello`` announces is what the server applies."""
    assert {name: getattr(Limits(), name) for name in ANNOUNCED} == ANNOUNCED
    assert {"message_bytes", "nesting", "chat_chars", "big_room_members"} <= set(ANNOUNCED)


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_positive(name: str) -> None:
    """Every limit leaves something."""
    assert getattr(Limits(), name) > 0


def test_bots() -> None:
    """Bots have a rate for every class, and are never slower than people."""
    assert set(BOT_RATES) == set(RATES)
    assert all(BOT_RATES[name].burst >= rate.burst for name, rate in RATES.items())
    assert all(BOT_RATES[name].per_ms <= rate.per_ms for name, rate in RATES.items())


@pytest.mark.parametrize("rate", [*RATES.values(), *BOT_RATES.values()])
def test_rates(rate: Rate) -> None:
    """Every bucket has a burst and refills."""
    assert rate.burst >= 1
    assert rate.per_ms >= 1


def test_contract() -> None:
    """Numbers that the contract names."""
    assert (limits.MESSAGE_BYTES, limits.NESTING, limits.CHAT_CHARS) == (16384, 8, 256)
    assert (limits.CHAT_REPLAY_MESSAGES, limits.CHAT_REPLAY_MS) == (50, 15 * 60 * 1000)
    assert (limits.NONCE_WINDOW_MS, limits.WAITLIST_CAP_DEFAULT) == (5 * 60 * 1000, 50)
    assert Limits().auth_timeout_ms == 10_000


def test_a_full_insert_fits() -> None:
    """A message holds as many ordinary items as one insert may carry."""
    item = Media(source="youtube", source_id="dQw4w9WgXcQ", title="t" * 40, artist="a" * 20, duration_ms=1000)
    command = PlaylistInsert(playlist_id="p", items=[item] * limits.INSERT_MAX)

    assert len(codec.encode_request(1, command)) <= limits.MESSAGE_BYTES
