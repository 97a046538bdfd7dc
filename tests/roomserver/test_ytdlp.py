"""yt-dlp in a process: what it says is read, and what it does is bounded."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence

import pytest

from protocol.errors import ErrorCode, Rejected
from roomserver.ytdlp import COMMAND, Described, YtDlp

URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def script(code: str) -> Sequence[str]:
    """A real process that runs this code in place of yt-dlp."""
    return (sys.executable, "-I", "-c", f"import json, os, sys\n{code}")


async def assert_nothing(yt_dlp: YtDlp, match: str) -> None:
    """Check that nothing is found."""
    with pytest.raises(Rejected, match=match) as caught:
        await yt_dlp.describe(URL)
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_describes() -> None:
    """What it prints is read; fields we do not ask for are ignored."""
    found = {"title": "T", "duration": 213, "uploader": "U", "thumbnail": "https://i/x.jpg", "formats": [1]}
    described = await YtDlp(script(f"print({json.dumps(found)!r})")).describe(URL)
    assert described == Described(title="T", duration=213, uploader="U", thumbnail="https://i/x.jpg")
    assert (described.duration_ms, described.by) == (213_000, "U")


async def test_the_link_is_one_argument_and_secrets_stay() -> None:
    """The link is the last argument as it is, and the environment has no secrets of ours."""
    os.environ["ROOMSERVER_SECRET_PROBE"] = "secret"
    try:
        secret = "os.environ.get('ROOMSERVER_SECRET_PROBE')"
        code = f"print(json.dumps({{'title': sys.argv[-1], 'uploader': {secret}}}))"
        described = await YtDlp(script(code)).describe(URL)
    finally:
        del os.environ["ROOMSERVER_SECRET_PROBE"]
    assert described == Described(title=URL)
    assert COMMAND[-1] == "--"


@pytest.mark.parametrize(
    ("duration", "expected"), [(None, None), (0, None), (0.4, None), (1.5, 1500), (86_401, None), (-3, None)]
)
def test_lengths(duration: float | None, expected: int | None) -> None:
    """A length is known when media may have it; live streams have none."""
    assert Described(title="T", duration=duration).duration_ms == expected


def test_whose() -> None:
    """The artist goes before the uploader; both are cleaned and cut."""
    assert Described(title="T", artist=" A\n", uploader="U").by == "A"
    assert Described(title="T", uploader="u" * 300).by == "u" * 128
    assert Described(title="T", uploader="\u202e").by is None


@pytest.mark.parametrize(
    "code", ["sys.exit(1)", "print('ERROR: no')", "print('{}')", "print('{\"title\": 5}')", "print('null')"]
)
async def test_failures(code: str) -> None:
    """A failed run, or one that prints something else, finds nothing."""
    await assert_nothing(YtDlp(script(code)), "a video or track that can be played, got none")


async def test_too_slow() -> None:
    """A run over its time is killed with all it started, and waited for no longer."""
    began = time.monotonic()
    child = "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])"
    code = f"import signal, subprocess; {child}; signal.pause()"
    await assert_nothing(YtDlp(script(code), timeout_seconds=0.5), "within 0.5 s")
    assert time.monotonic() - began < 10


async def test_too_much() -> None:
    """Output without end is cut off."""
    await assert_nothing(YtDlp(script("while True: print('x' * 65536)")), "at most 8388608 bytes")
