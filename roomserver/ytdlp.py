"""yt-dlp in a process of its own: titles and lengths of YouTube videos and SoundCloud tracks."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from protocol import limits
from protocol.errors import ErrorCode, Rejected
from protocol.text import clean

COMMAND = (
    sys.executable,
    "-I",
    "-m",
    "yt_dlp",
    "--ignore-config",
    "--no-cache-dir",
    "--no-playlist",
    "--skip-download",
    "--quiet",
    "--no-warnings",
    "--use-extractors",
    "youtube,soundcloud",
    "--socket-timeout",
    "8",
    "--dump-single-json",
    "--",
)
"""Only these two sites: yt-dlp looks hosts up by itself and follows redirects unchecked."""

TIMEOUT_SECONDS = 20.0
OUTPUT_BYTES = 8 * 1024 * 1024
"""A video's formats fill about one MiB."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What yt-dlp says of a video or track, as far as we ask."""

    title: str
    duration: float | None = None
    artist: str | None = None
    uploader: str | None = None
    thumbnail: str | None = None

    @property
    def duration_ms(self) -> int | None:
        """The length, None for live streams and for what is longer or shorter than media may be."""
        ms = round((self.duration or 0) * 1000)
        return ms if limits.MEDIA_DURATION_MIN_MS <= ms <= limits.MEDIA_DURATION_MAX_MS else None

    @property
    def by(self) -> str | None:
        """Whose it is."""
        return clean(self.artist or self.uploader or "")[: limits.TITLE_CHARS] or None


class YtDlp:
    """Runs yt-dlp, with a limit of time and of output. ``command`` is the seam for tests."""

    def __init__(self, command: Sequence[str] = COMMAND, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._command = command
        self._timeout_seconds = timeout_seconds

    async def describe(self, url: str) -> Described:
        """
        Ask about a link, which the caller has checked.

        Raises:
            Rejected: ``not_found`` when nothing came of it in time.

        """
        output = await self._run(url)
        try:
            return msgspec.json.decode(output, type=Described)
        except msgspec.DecodeError:
            raise _gone("a video or track that can be played", "none") from None

    async def _run(self, url: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            url,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # Secrets of the environment stay here. A session of its own, so that helpers die with it.
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        assert process.stdout is not None, "it is a pipe"
        output = bytearray()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                while chunk := await process.stdout.read(64 * 1024):
                    output += chunk
                    if len(output) > OUTPUT_BYTES:
                        raise _gone(f"at most {OUTPUT_BYTES} bytes of yt-dlp", "more")
                await process.wait()
        except TimeoutError:
            raise _gone(f"an answer of yt-dlp within {self._timeout_seconds:g} s", "none") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            # Read to its end, or the pipe stays open until the collector finds it.
            while await process.stdout.read(64 * 1024):
                pass
        return bytes(output)


def _gone(expected: str, got: str) -> Rejected:
    return Rejected(ErrorCode.NOT_FOUND, f"expected {expected}, got {got}", field="url")
