"""
Run the Autobahn suite against the echo, and say what it found.

``make autobahn PYTHON2=/path/to/python2.7``: the suite (autobahntestsuite 0.8.2) runs under
Python 2.7 only, so it gets an environment of its own, made by the last virtualenv that can.
Groups 12 and 13 are compression, which is never negotiated here.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

SUITE = "autobahntestsuite==0.8.2"
VIRTUALENV = "virtualenv<20.22"
"""Later ones make no environment for Python 2.7."""
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
RUN_SECONDS = 1500


def prepare(folder: Path, python2: str) -> Path:
    """Return the suite's program, installed once in a folder."""
    program = folder / "py27" / "bin" / "wstest"
    if not program.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        maker = folder / "maker"
        _run(sys.executable, "-m", "venv", str(maker))
        _run(str(maker / "bin" / "pip"), "install", "-q", VIRTUALENV)
        _run(str(maker / "bin" / "virtualenv"), "-q", "-p", python2, str(folder / "py27"))
        _run(str(folder / "py27" / "bin" / "pip"), "install", "-q", SUITE)
    return program


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def examine(program: Path, report: Path, cases: list[str]) -> dict[str, dict[str, Any]]:
    """Run the cases against a fresh echo and return the suite's index by case."""
    echo = subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.echo"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert echo.stdout is not None
    port = int(echo.stdout.readline().split()[-1])
    with tempfile.TemporaryDirectory() as work:
        spec = {
            "outdir": str(report),
            "servers": [{"agent": "roomserver", "url": f"ws://127.0.0.1:{port}/ws"}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        path = Path(work) / "spec.json"
        path.write_text(json.dumps(spec), encoding="utf-8")
        try:
            subprocess.run(
                [str(program), "-m", "fuzzingclient", "-s", str(path)],
                check=True,
                cwd=work,
                stdout=subprocess.DEVNULL,
                timeout=RUN_SECONDS,
            )
        finally:
            echo.communicate("")
    index: dict[str, dict[str, Any]] = json.loads((report / "index.json").read_text(encoding="utf-8"))[
        "roomserver"
    ]
    return index


def summary(index: dict[str, dict[str, Any]]) -> tuple[str, list[str]]:
    """Return a table of outcomes by group, and the cases that failed."""
    groups: dict[int, Counter[str]] = defaultdict(Counter)
    failed = []
    for case, outcome in index.items():
        behavior, close = outcome["behavior"], outcome["behaviorClose"]
        groups[int(case.partition(".")[0])][behavior] += 1
        if behavior not in PASSED or close not in PASSED:
            failed.append(f"{case}: {behavior}, close {close}")
    lines = ["| group | cases | OK | non-strict | informational | failed |", "|---|---|---|---|---|---|"]
    for group in sorted(groups):
        counts = groups[group]
        passed = [counts[name] for name in ("OK", "NON-STRICT", "INFORMATIONAL")]
        total = counts.total()
        lines.append(f"| {group} | {total} | {' | '.join(map(str, passed))} | {total - sum(passed)} |")
    return "\n".join(lines), failed


def main() -> int:
    """Run what was asked for; 1 when a case failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python2", default="python2.7")
    parser.add_argument("--folder", type=Path, default=Path(".autobahn"))
    parser.add_argument("--cases", nargs="*", default=CASES)
    given = parser.parse_args()
    if shutil.which(given.python2) is None:
        print(f"expected a Python 2.7 for the Autobahn suite, got no {given.python2!r}: set PYTHON2")
        return 2
    program = prepare(given.folder.absolute(), given.python2)
    index = examine(program, given.folder.absolute() / "report", given.cases)
    table, failed = summary(index)
    print(table)
    print(f"{len(index)} cases, {len(failed)} failed")
    for line in failed:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
