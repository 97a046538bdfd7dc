"""
The demo tracks: short loops synthesised on the first start, so that a fresh server plays.

Sine voices with a soft attack over a chord progression, written as 16-bit mono WAV. Made
from code, so nothing is downloaded and nobody's rights are touched.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from protocol.values import Media

SAMPLE_RATE = 22_050
_A4_HZ = 440.0
_PEAK = 9_000
"""Loud enough to hear, quiet enough that two voices do not clip."""


class _Tune(NamedTuple):
    slug: str
    title: str
    beats_per_minute: int
    chords: tuple[tuple[int, ...], ...]
    """Chords as semitones from A4, one a bar."""
    pattern: tuple[int, ...]
    """Which voice of the chord sounds on each eighth; -1 rests."""
    repeats: int


TUNES = (
    _Tune(
        "first-light", "First Light", 96,
        ((-12, -8, -5, 0), (-14, -10, -7, -2), (-17, -12, -8, -5), (-15, -10, -7, -3)),
        (0, 2, 1, 3, 2, 1, 3, 2), 4,
    ),
    _Tune(
        "night-bus", "Night Bus", 84,
        ((-9, -5, -2, 3), (-12, -9, -5, 0), (-16, -12, -9, -4), (-14, -10, -7, -2)),
        (0, -1, 2, 1, 3, -1, 2, 1), 4,
    ),
    _Tune(
        "paper-planes", "Paper Kites", 120,
        ((-5, -1, 2, 7), (-7, -3, 0, 5), (-10, -5, -2, 2), (-5, -1, 2, 7)),
        (3, 1, 2, 0, 3, 2, 1, 2), 5,
    ),
)  # fmt: skip


def _note(semitone: int, samples: int) -> array[int]:
    """Return one plucked note with its octave, fading out."""
    step = 2 * math.pi * _A4_HZ * 2 ** (semitone / 12) / SAMPLE_RATE
    attack = SAMPLE_RATE // 100
    values = array("h", bytes(2 * samples))
    for index in range(samples):
        envelope = min(1.0, index / attack) * math.exp(-3.0 * index / samples) * (1 - index / samples)
        angle = index * step
        values[index] = int(_PEAK * envelope * (math.sin(angle) + 0.3 * math.sin(2 * angle)))
    return values


def _bars(tune: _Tune) -> Iterator[array[int]]:
    eighth = SAMPLE_RATE * 60 // tune.beats_per_minute // 2
    notes: dict[int, array[int]] = {}
    for chord in tune.chords:
        bar = array("h")
        bass = notes.setdefault(chord[0] - 12, _note(chord[0] - 12, 8 * eighth))
        for voice in tune.pattern:
            if voice < 0:
                bar.extend(array("h", bytes(2 * eighth)))
            else:
                bar.extend(notes.setdefault(chord[voice], _note(chord[voice], eighth)))
        yield array("h", (a + b for a, b in zip(bar, bass, strict=True)))


def _media(tune: _Tune, samples: int) -> Media:
    return Media(
        source="direct",
        source_id=f"/media/{tune.slug}.wav",
        title=tune.title,
        artist="The House Band",
        duration_ms=samples * 1000 // SAMPLE_RATE,
    )


def synthesise(folder: Path) -> list[Media]:
    """Write the demo tracks that are missing, and return all of them as media."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for tune in TUNES:
        path = folder / f"{tune.slug}.wav"
        if not path.is_file():
            _write(tune, path)
        with wave.open(str(path), "rb") as file:
            found.append(_media(tune, file.getnframes()))
    return found


def _write(tune: _Tune, path: Path) -> None:
    loop = b"".join(bar.tobytes() for bar in _bars(tune))
    # A reader must never find half a track: write beside, then rename.
    draft = path.with_suffix(".part")
    with wave.open(str(draft), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(loop * tune.repeats)
    draft.replace(path)
