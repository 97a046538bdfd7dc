"""A run as it goes: a table that renews itself on a terminal, a line every five seconds elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from client_demo.load.foreman import Moment

_LINE_SECONDS = 5.0


def latencies(moment: Moment) -> str:
    """Return the percentiles of the last second in words."""
    window = moment.window
    if not window.count:
        return "-"
    told = (f"p{percent:g} {window.percentile(percent) / 1000:.1f}" for percent in (50, 95, 99, 99.9))
    return "  ".join(told) + f"  max {window.maximum / 1000:.1f} ms"


class Screen:
    """Shows moments; :meth:`show` is called once a second."""

    def __init__(self, stream: TextIO, title: str, seconds: float) -> None:
        self._stream = stream
        self._title = title
        self._seconds = seconds
        self._is_live = stream.isatty()
        self._before: Moment | None = None
        self._shown_at = 0.0
        self._height = 0

    def show(self, moment: Moment) -> None:
        """Show a moment."""
        if self._is_live:
            self._show_table(moment)
        elif moment.at - self._shown_at >= _LINE_SECONDS:
            self._show_line(moment)
        else:
            return
        self._before, self._shown_at = moment, moment.at

    def _rate(self, moment: Moment) -> Callable[[str], float]:
        before = self._before
        elapsed = moment.at - (0.0 if before is None else before.at)

        def rate(name: str) -> float:
            earlier = 0 if before is None else before.counts.get(name, 0)
            return (moment.counts.get(name, 0) - earlier) / max(elapsed, 0.001)

        return rate

    def _server(self, moment: Moment) -> str:
        if moment.server is None:
            return "-"
        memory = f"{moment.server.rss_bytes / 2**20:,.0f} MiB"
        before = self._before
        if before is None or before.server is None:
            return memory
        seconds = moment.server.cpu_seconds - before.server.cpu_seconds
        return f"{100 * seconds / max(moment.at - before.at, 0.001):.0f} % of a core, {memory}"

    def _show_table(self, moment: Moment) -> None:
        rate = self._rate(moment)
        rows = (
            ("members", f"{moment.links:,}"),
            ("sent", f"{moment.counts.get('sent', 0):,}  ({rate('sent'):,.0f}/s)"),
            ("answered", f"{moment.counts.get('answered', 0):,}  ({rate('answered'):,.0f}/s)"),
            ("delivered", f"{moment.counts.get('deliveries', 0):,}  ({rate('deliveries'):,.0f}/s)"),
            ("received", f"{rate('bytes_in') / 2**20:,.2f} MiB/s"),
            ("fan-out", latencies(moment)),
            ("errors", f"{moment.errors:,}"),
            ("server", self._server(moment)),
        )
        lines = [f"{self._title}   {moment.at:.0f} of {self._seconds:.0f} s"]
        lines += [f"  {name:<10} {told}" for name, told in rows]
        up = f"\x1b[{self._height}A" if self._height else ""
        self._stream.write(up + "".join(f"\x1b[2K{line}\n" for line in lines))
        self._stream.flush()
        self._height = len(lines)

    def _show_line(self, moment: Moment) -> None:
        rate = self._rate(moment)
        self._stream.write(
            f"{moment.at:6.1f} s  members {moment.links}  sent {rate('sent'):.0f}/s  "
            f"delivered {rate('deliveries'):.0f}/s  {latencies(moment)}  errors {moment.errors}  "
            f"server {self._server(moment)}\n"
        )
        self._stream.flush()
