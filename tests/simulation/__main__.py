"""
Run seeds: ``make simulate SEEDS=0-1999`` (two processes share them).

A seed that finds a broken promise is printed with its story; ``make simulate SEEDS=17`` runs
it again, exactly as it was.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.simulation.seeds import run_all, seeds_of, totals


def main() -> int:
    """Run what was asked for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", default="0-199")
    parser.add_argument("--story", action="store_true", help="print what happened in each seed")
    given = parser.parse_args()
    outcomes = run_all(seeds_of(given.seeds))
    broken = [one for one in outcomes if one.broken]
    for one in outcomes if given.story else broken:
        print(f"seed {one.seed}: {one.broken or one.digest}", *one.story, sep="\n  ")
    print(json.dumps(totals(outcomes)))
    print(f"{len(outcomes)} seeds, {len(broken)} with a broken promise")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
