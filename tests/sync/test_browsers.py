"""How the figures of real browsers are worked out."""

from __future__ import annotations

from tests.sync.browsers import Sample, Start, Watched, figures

START = 1_000_000.0
TRACK_MS = 20_000.0


def listener(first: float, later: float, *, joined: float = START - 10_000) -> Watched:
    """Return a page that hears the next play ``first`` ms late, and from two seconds on ``later``."""
    before = START - TRACK_MS
    samples = [Sample(at, "a.wav", at - before, playing=True) for at in _every(joined, START)]
    for at in _every(START + first, START + TRACK_MS):
        late = first if at < START + 2000 else later
        samples.append(Sample(at, "b.wav", at - START - late, playing=True))
    return Watched(samples, [])


def _every(begin: float, end: float) -> list[float]:
    return [begin + 20 * step for step in range(int((end - begin) // 20))]


TIMELINE = [Start("/media/a.wav", START - TRACK_MS, TRACK_MS), Start("/media/b.wav", START, TRACK_MS)]


def test_first_sound_and_gap() -> None:
    """A first sound counts early or late; only late ones are silence."""
    found = figures([listener(40, 0), listener(-30, 0)], TIMELINE)

    assert found["first_sound_ms"] == [-30.0, 40.0]
    assert found["silent_gap_ms_p95"] == 40.0


def test_spread_in_steady_state() -> None:
    """The spread is between the pages, from five seconds after a start on."""
    found = figures([listener(40, 3), listener(-30, -4)], TIMELINE)

    assert found["spread_ms_p50"] == 7.0
    assert found["steady_error_ms_p95"] == 4.0


def test_seeks_in_steady_state() -> None:
    """A seek is counted when the play and the page have settled."""
    page = listener(0, 0)
    early, late = (START + 1000, "b.wav"), (START + 9000, "b.wav")

    assert figures([page._replace(seeks=[early, late])], TIMELINE)["steady_seeks"] == 1


def test_arrival() -> None:
    """Who joins late has arrived when the error stays within ten milliseconds."""
    joined = START - 15_000
    samples = [
        Sample(at, "a.wav", at - (START - TRACK_MS) - (50 if at < joined + 2000 else 2), playing=True)
        for at in _every(joined, START)
    ]

    assert figures([Watched(samples, [])], TIMELINE)["within_10_ms_after_s"] == [2.25]
