"""
Real browsers in one room: how far apart four pages of the web client play.

``python -m tests.sync.browsers`` prints the figures. The truth is
``performance.timeOrigin + performance.now()`` of each page, which all take from one machine's
clock: nothing of ours is asked where a page is. Each page reaches the server through a proxy of
its own that is late in both directions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Page, async_playwright

from client_demo.sdk import Client
from protocol import commands
from protocol.events import PlayStarted
from protocol.results import ClockResult
from protocol.values import Media
from tests.sync.arena import REPOSITORY, ROOM, Arena, dj, track, write_track
from tests.sync.proxy import Delay, DelayedProxy

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-sync",
]
DELAYS_MS = (1, 20, 60, 15)
JITTER_MS = 15
TRACK_SECONDS = 20.0
TRACKS = 12
SECONDS = 150
SETTLED_SECONDS = 5.0
BIN_MS = 500
FIRST_SOUND_MS = (180, 330)
"""Positions that tell when a play's sound began."""
ARRIVAL_MS = 12_000
ARRIVAL_BIN_MS = 250

SAMPLER = """
window.__seeks = [];
window.__samples = [];
document.addEventListener("seeking", (event) => {
  if (event.target instanceof HTMLMediaElement)
    window.__seeks.push([performance.timeOrigin + performance.now(), event.target.src]);
}, true);
setInterval(() => {
  for (const element of document.querySelectorAll("audio")) {
    const at = performance.timeOrigin + performance.now();
    window.__samples.push([at, element.src, element.currentTime * 1000, element.paused ? 0 : 1]);
  }
}, 20);
"""


class Sample(NamedTuple):
    """Where an element stood at an instant of the truth, both in ms."""

    at: float
    src: str
    position: float
    playing: bool


class Watched(NamedTuple):
    """What one page did."""

    samples: list[Sample]
    seeks: list[tuple[float, str]]


class Start(NamedTuple):
    """A play by the server's clock, in ms of the truth."""

    src: str
    at: float
    duration: float


async def measure(delays_ms: Sequence[float], seconds: float, track_seconds: float) -> dict[str, Any]:
    """Let a page per delay listen for so long; return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        async with AsyncExitStack() as stack:
            arena = await stack.enter_async_context(Arena(data))
            tracks = [track(number, track_seconds) for number in range(TRACKS)]
            for media in tracks:
                write_track(data / "media", media)
            starts: list[Start] = []
            client = await stack.enter_async_context(dj(arena, tracks, lambda event: _note(event, starts)))
            view = await client.join(ROOM)
            if view.snapshot.booth.play is not None:
                starts.append(_start(view.snapshot.booth.play))
            ahead = await server_ahead(client)
            await asyncio.sleep(track_seconds / 4)
            watched = await _listen(stack, arena, delays_ms, seconds)
    timeline = [start._replace(at=start.at - ahead) for start in starts]
    return figures(watched, timeline)


def _note(event: Any, starts: list[Start]) -> None:
    if isinstance(event, PlayStarted):
        starts.append(_start(event.play))


def _start(play: Any) -> Start:
    media: Media = play.media
    return Start(media.source_id, float(play.started_at_ms), float(play.duration_ms))


async def server_ahead(client: Client) -> float:
    """Return the server's clock minus this machine's wall clock in ms, by the quickest of many probes."""
    best, ahead = float("inf"), 0.0
    for _ in range(30):
        sent = time.time_ns() / 1e6
        answer: ClockResult = await client.call(commands.ClockSync(t1_us=round(sent * 1000)))
        received = time.time_ns() / 1e6
        if received - sent < best:
            best, ahead = received - sent, answer.t2_us / 1000 - (sent + received) / 2
    return ahead


async def _listen(
    stack: AsyncExitStack, arena: Arena, delays_ms: Sequence[float], seconds: float
) -> list[Watched]:
    playwright = await stack.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    stack.push_async_callback(browser.close)
    pages: list[Page] = []
    for seed, delay_ms in enumerate(delays_ms):
        way = Delay(delay_ms, JITTER_MS)
        proxy = await stack.enter_async_context(DelayedProxy(arena.port, way, way, seed))
        context = await browser.new_context()
        page = await context.new_page()
        await page.add_init_script(SAMPLER)
        await page.goto(f"http://127.0.0.1:{proxy.port}/r/{ROOM}")
        pages.append(page)
    await asyncio.sleep(seconds)
    return [
        Watched(
            [Sample(at, Path(src).name, position, bool(playing)) for at, src, position, playing in samples],
            [(at, Path(src).name) for at, src in seeks],
        )
        for samples, seeks in [await page.evaluate("[window.__samples, window.__seeks]") for page in pages]
    ]


# Figures


def p95(values: Iterable[float]) -> float | None:
    """Return the 95th percentile, None of nothing."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1) if ordered else None


def _spans(timeline: Sequence[Start]) -> Iterator[tuple[Start, float]]:
    """Yield each play and when it made way to the next."""
    ordered = sorted(set(timeline), key=lambda start: start.at)
    for index, start in enumerate(ordered):
        end = ordered[index + 1].at if index + 1 < len(ordered) else start.at + start.duration
        yield start, min(end, start.at + start.duration)


def figures(watched: Sequence[Watched], timeline: Sequence[Start]) -> dict[str, Any]:
    """Work out everything from what the pages did and when the server's plays began."""
    spread: list[float] = []
    errors: list[float] = []
    first: list[float] = []
    gaps: list[float] = []
    steady_seeks = 0
    joined_at = [page.samples[0].at if page.samples else float("inf") for page in watched]
    settle_ms = SETTLED_SECONDS * 1000
    for start, end in _spans(timeline):
        name = Path(start.src).name
        from_ms = start.at + settle_ms
        lines = [
            _bins(page, name, max(from_ms, joined + settle_ms), end - 200)
            for page, joined in zip(watched, joined_at, strict=True)
        ]
        for at in set.intersection(*(set(line) for line in lines)):
            values = [line[at] for line in lines]
            spread.append(max(values) - min(values))
            errors += [start.at - value for value in values]
        for page, joined in zip(watched, joined_at, strict=True):
            steady_seeks += sum(
                1 for at, src in page.seeks if src == name and max(from_ms, joined + settle_ms) < at < end
            )
            sound = _first_sound(page, name, start)
            if sound is not None and joined < start.at - 3000:
                first.append(sound)
                gaps.append(max(0.0, sound))
    arrivals = [_arrival(page, timeline, joined) for page, joined in zip(watched, joined_at, strict=True)]
    return {
        "pages": len(watched),
        "advances": len(first),
        "spread_ms_p95": p95(spread),
        "spread_ms_p50": round(statistics.median(spread), 1) if spread else None,
        "steady_error_ms_p95": p95(map(abs, errors)),
        "first_sound_ms_p95": p95(map(abs, first)),
        "first_sound_ms": sorted(round(value, 1) for value in first),
        "silent_gap_ms_p95": p95(gaps),
        "steady_seeks": steady_seeks,
        "within_10_ms_after_s": [None if one is None else round(one, 2) for one in arrivals],
    }


def _bins(page: Watched, name: str, from_ms: float, to_ms: float) -> dict[int, float]:
    """Return for each half second where the track would have begun, as it sounds there."""
    bins: dict[int, list[float]] = {}
    for sample in page.samples:
        if sample.playing and sample.src == name and from_ms <= sample.at < to_ms:
            bins.setdefault(int(sample.at // BIN_MS), []).append(sample.at - sample.position)
    return {at: statistics.median(values) for at, values in bins.items() if len(values) > BIN_MS // 100}


def _first_sound(page: Watched, name: str, start: Start) -> float | None:
    """
    Return how late (+) the first sound of a play came, in ms.

    Right after a start Chromium's position runs ahead by a buffer, stands for some 100 ms and then
    runs with the sound: only from there on, and before any correction, it tells when that began.
    """
    low, high = FIRST_SOUND_MS
    lines = [
        sample.at - sample.position - start.at
        for sample in page.samples
        if sample.playing and sample.src == name and low < sample.position < high
        if abs(sample.at - start.at) < high + 2000
    ]
    return statistics.median(lines) if lines else None


def _arrival(page: Watched, timeline: Sequence[Start], joined: float) -> float | None:
    """Return how many seconds after entering a page was within 10 ms of the play, and stayed."""
    bins: dict[int, list[float]] = {}
    for start, end in _spans(timeline):
        for sample in page.samples:
            inside = start.at + 1000 < sample.at < end - 200 and sample.at < joined + ARRIVAL_MS
            if inside and sample.src == Path(start.src).name:
                error = sample.at - sample.position - start.at if sample.playing else 10_000.0
                bins.setdefault(int((sample.at - joined) // ARRIVAL_BIN_MS), []).append(error)
    late = None
    for at in sorted(bins):
        if abs(statistics.median(bins[at])) > 10:
            late = None
        elif late is None:
            late = (at + 1) * ARRIVAL_BIN_MS / 1000
    return late


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure real browsers in one room.")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--docs", action="store_true", help="write docs/sync-browsers.json")
    options = parser.parse_args()
    found = asyncio.run(measure(DELAYS_MS, options.seconds, TRACK_SECONDS))
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if options.docs:
        (REPOSITORY / "docs" / "sync-browsers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
