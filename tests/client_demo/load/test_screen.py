"""The run as it goes."""

from __future__ import annotations

import io

from client_demo.load.screen import Screen
from tests.client_demo.load.samples import moment


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_lines() -> None:
    """Without a terminal a line comes every five seconds, with rates since the one before."""
    stream = io.StringIO()
    screen = Screen(stream, "t", 20)
    for second in range(1, 12):
        screen.show(moment(second, second * 100))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all("delivered 100/s" in line and "p99 4.0" in line for line in lines)
    assert "10 % of a core" in lines[1]
    assert "\x1b" not in stream.getvalue()


def test_table() -> None:
    """On a terminal a table renews itself in place, every second."""
    stream = Terminal()
    screen = Screen(stream, "hot-room", 20)
    screen.show(moment(1, 100))
    height = stream.getvalue().count("\n")
    screen.show(moment(2, 300))
    assert f"\x1b[{height}A" in stream.getvalue()
    assert "300  (200/s)" in stream.getvalue()
