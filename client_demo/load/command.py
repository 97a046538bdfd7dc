"""``roomclient load``: the load tester's command line."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from client_demo.cli.subcommand import FAILED, OK, USAGE, Subcommand
from client_demo.load import report as paper
from client_demo.load.crowd import Job
from client_demo.load.foreman import Foreman, Outcome, WorkerFailedError, make_rooms, plan_seconds
from client_demo.load.link import Refused
from client_demo.load.loop import fast_runner
from client_demo.load.machine import (
    UnknownProcessError,
    Usage,
    environment,
    files_problem,
    usage_at,
    usage_of,
)
from client_demo.load.page import to_html
from client_demo.load.report import Report
from client_demo.load.results import Change, Threshold, changes, failed, values_of
from client_demo.load.scenarios import SCENARIOS
from client_demo.load.screen import Screen
from client_demo.load.stages import parse_stages, seconds
from client_demo.sdk.endpoint import endpoint

UNREACHABLE = 3
"""Nobody could be let in."""
INVALID = 4
"""The generator could not keep its plan: the run says nothing about the server."""
BROKEN = 99
"""A threshold does not hold (k6 has the same code)."""

LATE_MS = 10.0
"""By how much the generator may be late, at p99, and still be trusted."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    presets = "; ".join(f"{name}: {scenario.about}" for name, scenario in SCENARIOS.items())
    parser.epilog = f"Scenarios. {presets}."
    parser.add_argument(
        "url", metavar="URL", type=_endpoint, help="the server, such as http://127.0.0.1:8080"
    )
    parser.add_argument("--scenario", choices=SCENARIOS, default="hot-room", help="what the crowd does")
    parser.add_argument("--members", type=_count, help="size of the crowd")
    parser.add_argument("--rooms", type=_count, help="rooms to make for it")
    parser.add_argument(
        "--room", action="append", metavar="REF", help="a room that exists, instead; repeatable"
    )
    parser.add_argument(
        "--stage", action="append", metavar="FROM-TO:RATE[..RATE]",
        help="actions a second from one instant to another, such as 0-30s:0..200; repeatable",
    )  # fmt: skip
    parser.add_argument("--burst", type=_count, help="actions that share each instant")
    parser.add_argument("--stalled", type=int, help="members of slow-reader who stop reading")
    parser.add_argument("--text-bytes", type=_count, default=120, help="size of a chat message (120)")
    _configure_generator(parser)
    server = parser.add_mutually_exclusive_group()
    server.add_argument("--server-pid", type=int, help="process of the server, for its CPU and memory")
    server.add_argument("--metrics", metavar="URL", help="the server's /metrics, for the same")
    parser.add_argument(
        "--threshold", action="append", default=[], type=_threshold, metavar="DEMAND",
        help=f"such as fanout_p99<50ms or delivery_ratio==1; exit {BROKEN} when one fails; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--late", type=_milliseconds, default=LATE_MS, help="how late the generator may be (10ms)"
    )
    for kind in ("json", "csv", "html"):
        parser.add_argument(
            f"--{kind}", type=Path, metavar="FILE", help=f"write the report as {kind.upper()}"
        )
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="compare with an earlier report")


def _configure_generator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=_count, default=1, help="generator processes (1)")
    parser.add_argument(
        "--settle", type=_seconds, default=0.0, metavar="DURATION",
        help="how long to wait, once everybody is in, before anything counts, such as 10s (0)",
    )  # fmt: skip
    parser.add_argument(
        "--source", action="append", default=[], metavar="ADDRESS",
        help="address to connect from; repeatable, and 127.0.0.2-9 names eight",
    )  # fmt: skip


def _checked(read: object, text: str) -> object:
    try:
        return read(text)  # type: ignore[operator]  # one of the readers below
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _endpoint(text: str) -> object:
    return _checked(endpoint, text)


def _threshold(text: str) -> object:
    return _checked(Threshold.of, text)


def _milliseconds(text: str) -> object:
    return _checked(lambda given: seconds(given) * 1000, text)


def _seconds(text: str) -> object:
    return _checked(seconds, text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text!r}")
    return int(text)


def sources_of(texts: Sequence[str]) -> list[str]:
    """
    Return addresses, with ``127.0.0.2-9`` spelt out.

    Raises:
        ValueError: a range is none.

    """
    found = []
    for text in texts:
        head, dot, tail = text.rpartition(".")
        first, dash, last = tail.partition("-")
        if not dash:
            found.append(text)
            continue
        if not (dot and first.isdigit() and last.isdigit() and int(first) <= int(last) <= 255):
            raise ValueError(f"expected a range such as 127.0.0.2-9, got {text!r}")
        found += [f"{head}.{number}" for number in range(int(first), int(last) + 1)]
    return found


def jobs_of(arguments: argparse.Namespace) -> list[Job]:
    """
    Return the workers' jobs; their rooms are made later.

    Raises:
        ValueError: the arguments contradict each other.

    """
    preset = SCENARIOS[arguments.scenario].preset
    stages = arguments.stage or list(preset.stages)
    parse_stages(stages)
    members = arguments.members or preset.members
    stalled = preset.stalled if arguments.stalled is None else arguments.stalled
    if not 0 <= stalled < members:
        raise ValueError(f"expected fewer than {members} stalled members, got {stalled}")
    if arguments.workers > members:
        raise ValueError(f"expected at most {members} workers, one a member, got {arguments.workers}")
    return [
        Job(
            url=arguments.url,
            scenario=arguments.scenario,
            rooms=arguments.room or [],
            members=members,
            worker=worker,
            workers=arguments.workers,
            stages=stages,
            burst=arguments.burst or preset.burst,
            text_bytes=arguments.text_bytes,
            stalled=stalled,
            sources=sources_of(arguments.source),
        )
        for worker in range(arguments.workers)
    ]


def _sample(arguments: argparse.Namespace) -> Usage | None:
    if arguments.server_pid is not None:
        return usage_of(arguments.server_pid)
    return usage_at(arguments.metrics) if arguments.metrics else None


async def _measure(arguments: argparse.Namespace, jobs: list[Job]) -> tuple[list[Job], Outcome]:
    idle = _sample(arguments)
    rooms = jobs[0].rooms
    if not rooms:
        wanted = arguments.rooms or SCENARIOS[arguments.scenario].preset.rooms
        rooms = await make_rooms(arguments.url, wanted, jobs[0].sources)
    jobs = [replace(job, rooms=rooms) for job in jobs]
    title = f"{arguments.scenario} on {arguments.url}, {jobs[0].members} members"
    screen = Screen(sys.stderr, title, plan_seconds(jobs[0].stages))
    foreman = Foreman(jobs, lambda: _sample(arguments), screen.show, arguments.settle)
    return jobs, await foreman.run(idle)


def problems_of(values: dict[str, float], late_ms: float) -> list[str]:
    """Return why a run says nothing about the server; nothing when it says something."""
    problems = []
    lag = values.get("lag_p99", 0.0)
    if lag > late_ms:
        problems.append(
            f"the generator was {lag:.1f} ms late at p99, expected at most {late_ms:g}: "
            "use more workers, fewer members, or a machine with less to do"
        )
    return problems


def report_of(arguments: argparse.Namespace, jobs: list[Job], outcome: Outcome) -> Report:
    """Return the report of a run."""
    job = jobs[0]
    values = values_of(outcome.figures, outcome.rooms, outcome.elapsed, outcome.load, job.members)
    values["generator_cpu"] = 100 * outcome.generator_cpu / outcome.elapsed
    problems = problems_of(values, arguments.late)
    settings = {
        name: getattr(job, name)
        for name in ("url", "members", "workers", "stages", "burst", "text_bytes", "stalled", "sources")
    }
    figures = outcome.figures
    return Report(
        scenario=job.scenario,
        settings={**settings, "rooms": len(job.rooms), "settle": arguments.settle},
        environment=environment(),
        began_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        valid=not problems,
        problems=problems,
        values=values,
        errors=dict(figures.errors),
        told=dict(figures.told),
        told_bytes=dict(figures.told_bytes),
        curves=paper.curves(figures),
        timeline=paper.timeline(outcome.moments),
        thresholds=paper.judged(arguments.threshold, values),
    )


def _write(arguments: argparse.Namespace, report: Report, changed: list[Change]) -> None:
    if arguments.json is not None:
        arguments.json.write_bytes(paper.to_json(report))
    if arguments.csv is not None:
        arguments.csv.write_text(paper.to_csv(report), encoding="utf-8")
    if arguments.html is not None:
        arguments.html.write_text(to_html(report, changed), encoding="utf-8")
    print(paper.to_text(report))
    if changed:
        print(paper.compared(changed))


def _complain(problem: object) -> None:
    print(f"roomclient load: {problem}", file=sys.stderr)


def run(arguments: argparse.Namespace) -> int:
    """Run a load test; the exit code says what came of it."""
    try:
        jobs = jobs_of(arguments)
        before = None if arguments.compare is None else paper.from_json(arguments.compare.read_bytes())
        _sample(arguments)
    except (ValueError, OSError, UnknownProcessError) as error:
        _complain(error)
        return USAGE
    problem = files_problem(-(-jobs[0].members // arguments.workers))
    if problem is not None:
        _complain(problem)
        return USAGE
    try:
        with fast_runner() as runner:
            jobs, outcome = runner.run(_measure(arguments, jobs))
    except (OSError, Refused, UnknownProcessError) as error:
        _complain(f"expected a server that lets a crowd in: {error}")
        return UNREACHABLE
    except WorkerFailedError as error:
        _complain(error)
        return FAILED
    report = report_of(arguments, jobs, outcome)
    changed = [] if before is None else changes(before.values, report.values)
    _write(arguments, report, changed)
    return _verdict(arguments, report)


def _verdict(arguments: argparse.Namespace, report: Report) -> int:
    if not report.valid:
        return INVALID
    broken = failed(arguments.threshold, report.values)
    for threshold in broken:
        _complain(f"expected {threshold.text}, got {report.values.get(threshold.name, 'no such figure')}")
    return BROKEN if broken else OK


SUBCOMMAND = Subcommand("load", "Put a load on a server and measure what its users get.", configure, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m client_demo.load``."""
    parser = argparse.ArgumentParser(prog="roomclient load", description=SUBCOMMAND.summary)
    configure(parser)
    return run(parser.parse_args(argv))
