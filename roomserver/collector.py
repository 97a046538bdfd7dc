"""
How Python's cyclic garbage collector runs in a server.

Its defaults suit a script. A server holds hundreds of thousands of objects for its whole life,
which a collection walks again and again: 13 % of the CPU at 2000 messages/s, and pauses that
grow with the number of connections. Little of what is thrown away here has cycles.
"""

from __future__ import annotations

import ctypes
import gc

YOUNG = 20_000
"""Objects made and not freed before the young ones are looked at; Python's default is 700."""
MIDDLE = 20
"""Young collections before the middle generation is looked at."""
OLD = 50
"""Middle collections before everything is; Python waits until a quarter is new on top of that."""


def relax() -> None:
    """
    Collect less often, and never what is there now.

    Call once all modules are imported and the server is built.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def trim() -> bool:
    """
    Give free memory back to the system; say whether there was any, and a way to.

    glibc keeps what is free below the last thing in use, so that a process seems to grow with every
    crowd that came and went. It takes 1 ms for 25 MiB of heap, 25 for 250.
    """
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    return give_back is not None and bool(give_back(0))
