"""Attack a server in every way, one after the other, and print what came of it: ``make attacks``."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.attacks.arena import attack
from tests.attacks.attackers import ATTACKS
from tests.faults.observed import percentile

SECONDS = 8.0
P99_MS = 100.0
MEMORY_FACTOR = 2.0
"""Memory at most, as a multiple of the idle figure, plus what :data:`ALLOWED_KIB` grants."""
ALLOWED_KIB: dict[str, int] = {
    # Documented limits: a connection may have 64 KiB unsent before it is read no more, and a
    # few KiB each; two passwords are hashed at a time, 64 MiB each.
    "ping_flood": 20 * 256,
    "many_connections": 200 * 32,
    "password_guessing": 2 * 65_536,
    "login_flood": 2 * 65_536,
    "registration_flood": 2 * 65_536,
}


def main() -> int:
    """Run what was asked for; 1 when somebody who behaved had to wait, or memory was not bounded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(ATTACKS), help=f"some of {', '.join(ATTACKS)}")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    failed = 0
    for name in given.names:
        report = asyncio.run(attack(name, given.seconds))
        most_kib = MEMORY_FACTOR * report.idle_kib + ALLOWED_KIB.get(name, 0)
        is_bounded = report.peak_kib <= most_kib
        is_quick = not report.put_out and percentile(report.neighbours_ms, 0.99) < P99_MS
        verdict = "" if is_bounded and is_quick else "  <-- not as expected"
        failed += bool(verdict)
        print(f"{report}{verdict}", flush=True)
    print(f"{len(given.names)} attacks, {failed} not as expected")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
