"""``python -m tests.faults.hasty serve``: the server, which gives a silent connection up within seconds."""

from __future__ import annotations

import sys
from functools import partial

from protocol.limits import Limits
from roomserver.cli import main
from roomserver.server import Server

HASTY = Limits(ping_interval_ms=2000, pong_timeout_ms=1000)

if __name__ == "__main__":
    Server.start = staticmethod(partial(Server.start, limits=HASTY))  # type: ignore[method-assign]  # same call
    sys.exit(main())
