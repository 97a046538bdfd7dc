"""
What the web client costs in real Chromium, as its user feels it.

``python -m tests.benchmarks.page [--minutes N]`` starts a server of its own and prints, as rows
of a table: bytes to enter a room, time until it is usable, layout shift, input latency while a
thousand messages arrive in ten seconds, and memory over N minutes of chat at five a second.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.support.browser import ARGUMENTS, CHROMIUM, PAGE, TESTS_ONLY, ServerProcess, Visitor
from tests.support.company import Company, Someone

LOADS = 7
TALKERS = 4
"""Few: they stand on the same machine, and each hears all that the others say."""
CALM_KEYS = 40
WARM_UP_MS = 12_000
"""Until then the page looks whether this machine can draw the stage's movement."""
FLOOD_MESSAGES = 1000
FLOOD_SECONDS = 10.0
KEY_EVERY_MS = 120
CHAT_PER_SECOND = 5
SAMPLE_SECONDS = 15.0
WARM_UP_SECONDS = 90.0
"""Until then the log fills to its length, and code is compiled."""
MIB = 1024 * 1024

_WATCH_LOAD = """
window.__shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
new MutationObserver(() => {
  const send = document.querySelector("[data-testid=chat-send]");
  if (window.__usable || !send || !document.querySelector("main.room:not(.entering)")) return;
  // The frame in which it is on screen.
  requestAnimationFrame(() => setTimeout(() => (window.__usable ??= performance.now())));
}).observe(document, {subtree: true, childList: true, attributes: true});
"""
_WATCH_KEYS = """
() => {
  window.__latencies = [];
  addEventListener("keydown", (event) => {
    const at = event.timeStamp;
    // Behind the next frame: when the letter is on screen.
    requestAnimationFrame(() => setTimeout(() => window.__latencies.push(performance.now() - at)));
  }, true);
}
"""
_COUNT_MESSAGES = """
() => {
  window.__messages = 0;
  const log = document.querySelector("[data-testid=chat-log]");
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.classList?.contains("message")) window.__messages += 1;
    }
  }).observe(log, {childList: true, subtree: true});
}
"""


class Figure(NamedTuple):
    """One row: what was measured, what came out, and what it must stay under."""

    what: str
    value: str
    bound: str = ""


@contextmanager
def _house() -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory() as folder:
        rates = {f"ROOMSERVER_RATES__{name}": "10000/1" for name in ("AUTH", "CHAT", "VOTE", "JOIN")}
        server = ServerProcess(Path(folder) / "data", TESTS_ONLY | rates)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _bytes() -> Iterator[Figure]:
    """Weigh what the page names as needed to enter a room, compressed."""
    text = PAGE.read_text(encoding="utf-8")
    assets = PAGE.parent / "assets"
    first = [path for path in assets.iterdir() if path.suffix in {".js", ".css"} and path.name in text]
    every = [path for path in assets.iterdir() if path.suffix in {".js", ".css"}]
    yield Figure("gzipped bytes to enter a room", f"{_weight(first) / 1000:.1f} kB", "80 kB")
    yield Figure("gzipped bytes with every dialog", f"{_weight(every) / 1000:.1f} kB")


def _weight(paths: Sequence[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def _loads(server: ServerProcess, browser: Browser) -> Iterator[Figure]:
    usable, shifts = [], []
    for _ in range(LOADS):
        page = Visitor(browser, size=(1440, 900))
        page.context.add_init_script(_WATCH_LOAD)
        page.enter(server.url)
        # Not wait_for_function: it needs eval, which the page's policy refuses.
        while not page.page.evaluate("window.__usable ?? 0"):
            page.page.wait_for_timeout(20)
        page.page.wait_for_timeout(1500)
        usable.append(page.page.evaluate("window.__usable"))
        shifts.append(page.page.evaluate("window.__shift"))
        page.leave()
    median, worst = statistics.median(usable), max(usable)
    yield Figure(
        f"usable, cold cache, {LOADS} loads", f"median {median:.0f} ms, worst {worst:.0f} ms", "1000 ms"
    )
    yield Figure("layout shift of a load, room, wide", f"{max(shifts):.4f}", "0.1")
    for name, size, path in (("room, phone", (390, 844), "/r/lobby"), ("lobby", (1280, 800), "/")):
        page = Visitor(browser, size=size)
        page.context.add_init_script(_WATCH_LOAD)
        page.page.goto(server.url + path)
        page.page.wait_for_timeout(2500)
        yield Figure(f"layout shift of a load, {name}", f"{page.page.evaluate('window.__shift'):.4f}", "0.1")
        page.leave()


async def _talk(people: Sequence[Someone], messages: int, seconds: float) -> None:
    """Send messages at their planned instants, whether or not the last one was answered."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    sending = []
    for index in range(messages):
        await asyncio.sleep(max(0.0, began + index * seconds / messages - loop.time()))
        someone = people[index % len(people)]
        text = f"message {index}: something that somebody may well say in a room like this one"
        sending.append(asyncio.create_task(someone.client.chat("lobby", text)))
    await asyncio.gather(*sending)


def _flood(page: Page, cdp: CDPSession, crowd: Company, people: Sequence[Someone]) -> Iterator[Figure]:
    page.evaluate(_COUNT_MESSAGES)
    page.evaluate(_WATCH_KEYS)
    page.get_by_test_id("chat-input").focus()
    page.wait_for_timeout(WARM_UP_MS)
    for _ in range(CALM_KEYS):
        _press(page)
    yield Figure("key to screen while nobody talks", _spread(page))
    page.evaluate("window.__latencies = []")
    before = _cpu(cdp)
    talk = asyncio.run_coroutine_threadsafe(_talk(people, FLOOD_MESSAGES, FLOOD_SECONDS), crowd.loop)
    while not talk.done():
        _press(page)
    talk.result()
    busy = _cpu(cdp) - before
    last = page.get_by_test_id("chat-log").get_by_text(f"message {FLOOD_MESSAGES - 1}:")
    expect(last).to_be_visible()
    what = f"key to screen while {FLOOD_MESSAGES} messages arrive in {FLOOD_SECONDS:.0f} s"
    yield Figure(what, _spread(page), "50 ms")
    share = busy / FLOOD_SECONDS
    yield Figure("main thread's CPU time meanwhile", f"{busy:.1f} s, {share:.0%} of one core", "50 %")
    yield Figure("messages drawn of those", str(page.evaluate("window.__messages")))
    page.get_by_test_id("chat-input").fill("")


def _press(page: Page) -> None:
    """Type a letter, and now and then begin anew: a message has an end."""
    page.keyboard.press("a")
    page.wait_for_timeout(KEY_EVERY_MS)
    if page.evaluate("window.__latencies.length % 60 === 59"):
        page.get_by_test_id("chat-input").fill("")


def _spread(page: Page) -> str:
    latencies = sorted(page.evaluate("window.__latencies"))
    p50, p95 = (latencies[int(len(latencies) * part)] for part in (0.5, 0.95))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, worst {latencies[-1]:.0f} ms of {len(latencies)} keys"


def _memory(
    page: Page, cdp: CDPSession, crowd: Company, people: Sequence[Someone], minutes: float
) -> Iterator[Figure]:
    seconds = minutes * 60
    work = _talk(people, int(seconds * CHAT_PER_SECOND), seconds)
    talk = asyncio.run_coroutine_threadsafe(work, crowd.loop)
    began = time.monotonic()
    samples: list[tuple[float, float, float]] = []
    while not talk.done():
        page.wait_for_timeout(SAMPLE_SECONDS * 1000)
        samples.append((time.monotonic() - began, *_heap(cdp)))
    talk.result()
    settled = [sample for sample in samples if sample[0] >= WARM_UP_SECONDS] or samples
    first, last = settled[0], settled[-1]
    slope = statistics.linear_regression(
        [at / 60 for at, *_ in settled], [heap for _, heap, _ in settled]
    ).slope
    words = (
        f"{first[1]:.1f} to {last[1]:.1f} MiB, {slope:+.3f} MiB a minute; "
        f"DOM nodes {first[2]:.0f} to {last[2]:.0f}"
    )
    yield Figure(
        f"heap after collection over {minutes:g} minutes at {CHAT_PER_SECOND} messages a second",
        words,
        "flat",
    )


def _cpu(cdp: CDPSession) -> float:
    """Return the seconds of CPU that the page's main thread has had."""
    metrics: list[dict[str, Any]] = cdp.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def _heap(cdp: CDPSession) -> tuple[float, float]:
    cdp.send("HeapProfiler.collectGarbage")
    metrics: list[dict[str, Any]] = cdp.send("Performance.getMetrics")["metrics"]
    values = {metric["name"]: metric["value"] for metric in metrics}
    return values["JSHeapUsedSize"] / MIB, values["Nodes"]


def _measure(minutes: float, tell: Callable[[Figure], None]) -> None:
    for figure in _bytes():
        tell(figure)
    with _house() as server, sync_playwright() as playwright, Company(server.url) as crowd:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for figure in _loads(server, browser):
            tell(figure)
        people = [crowd.account(f"talker{index}") for index in range(TALKERS)]
        for someone in people:
            someone.join("lobby")
        reader = crowd.account("reader")
        visitor = Visitor(browser, token=reader.token, size=(1440, 900))
        visitor.enter(server.url)
        visitor.hears()
        cdp = visitor.context.new_cdp_session(visitor.page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        for figure in _flood(visitor.page, cdp, crowd, people):
            tell(figure)
        if minutes > 0:
            for figure in _memory(visitor.page, cdp, crowd, people, minutes):
                tell(figure)
        assert visitor.problems == [], visitor.problems
        browser.close()


def main() -> None:
    """Print the figures as rows of a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.page", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=4, help="how long memory is watched; 0 leaves it out"
    )
    options = parser.parse_args()
    print("| what | measured | at most |\n|---|---|---|")
    _measure(options.minutes, lambda figure: print("| " + " | ".join(figure) + " |", flush=True))


if __name__ == "__main__":
    main()
