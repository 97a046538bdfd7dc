"""
Coverage-guided fuzzing with atheris: ``make fuzz``, ``make fuzz TARGET=connection SECONDS=600``.

The fuzzer mutates what reached new code and keeps it in ``.fuzz/TARGET``; a finding is an
exception that the harness does not expect, and is written beside.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import atheris
import msgpack

with atheris.instrument_imports(include=["protocol", "roomserver", "websockets"]):
    from tests.attacks.harness import feed_codec, feed_connection

from tests.support.server import masked

SECONDS = 60
SEEDS = [
    [0, 1, "chat.send", {"room": "lobby", "text": "hello", "nonce": "n"}],
    [0, 2, "room.join", {"room": "lobby", "resume": {"epoch": "e", "seq": 3}}],
    [2, "clock.sync", {"t1_us": 1}],
    [0, 3, "playlist.insert", {"playlist_id": "p", "items": [], "at": {"after": "x"}}],
]


def codec(data: bytes) -> None:
    """Fuzz the reading of messages."""
    feed_codec(data)


def connection(data: bytes) -> None:
    """Fuzz a connection: the first byte says how it is fed."""
    if len(data) < 2:
        return
    how, cut = data[0], data[1]
    feed_connection(data[2:], is_open=bool(how & 1), cut=cut, is_echo=how & 3 == 3)


TARGETS: dict[str, Callable[[bytes], None]] = {"codec": codec, "connection": connection}


def corpus(target: str) -> Path:
    """Return the folder of what is known to be interesting, with something to begin with."""
    folder = Path(".fuzz") / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, value in enumerate(SEEDS):
        packed: bytes = msgpack.packb(value)
        data = packed if target == "codec" else b"\x01\x10" + masked(packed) + masked(b"", 9)
        (folder / f"seed-{number}").write_bytes(data)
    return folder


def main() -> None:
    """Fuzz one target for so many seconds."""
    target = sys.argv[1] if len(sys.argv) > 1 else "codec"
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    folder = corpus(target)
    options = [f"-max_total_time={seconds}", "-max_len=2048", f"-artifact_prefix={folder}/finding-"]
    atheris.Setup([sys.argv[0], *options, str(folder)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
