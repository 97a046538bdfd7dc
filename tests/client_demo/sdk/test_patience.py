"""How long a client waits before it tries again."""

from __future__ import annotations

from client_demo.sdk.patience import BackOff, Patience
from protocol.errors import Verdict

PATIENCE = Patience(back_off_seconds=0.5, back_off_max_seconds=4.0, calm_seconds=60.0)


def most(low: float, high: float) -> float:
    """Return the longest wait the jitter allows."""
    assert low == 0.0
    return high


def test_doubles_up_to_a_bound() -> None:
    """The interval that the jitter picks from doubles with each failure, up to a bound."""
    back_off = BackOff(PATIENCE, most)
    assert [back_off.seconds() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_the_whole_interval() -> None:
    """Full jitter: a wait may be anything down to nothing, so that a thousand clients spread out."""
    assert BackOff(PATIENCE, lambda low, _high: low).seconds() == 0.0


def test_what_the_server_asks_for_comes_on_top() -> None:
    """Nobody comes back before the time the server named, nor all of them at that time."""
    assert BackOff(PATIENCE, most).seconds(retry_after_ms=10_000) == 10.5


def test_a_connection_that_lasted_begins_anew() -> None:
    """After a success failures count from the beginning; a short connection is none."""
    back_off = BackOff(PATIENCE, most)
    back_off.seconds()
    back_off.seconds()
    back_off.ended(Verdict.BACK_OFF, lasted_seconds=59.0)
    assert back_off.seconds() == 2.0
    back_off.ended(Verdict.BACK_OFF, lasted_seconds=60.0)
    assert back_off.seconds() == 0.5


def test_reconnect_now() -> None:
    """Sent away with "reconnect now" a client comes soon, unless it is sent away at once each time."""
    back_off = BackOff(PATIENCE, most)
    back_off.seconds()
    back_off.seconds()
    back_off.ended(Verdict.RECONNECT, lasted_seconds=1.0)
    assert back_off.seconds() == 0.5
    back_off.ended(Verdict.RECONNECT, lasted_seconds=0.0)
    assert back_off.seconds() == 1.0
