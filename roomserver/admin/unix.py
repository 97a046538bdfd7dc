"""Unix sockets: only this user may open them, however deep their folder is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATH_BYTES = 107
"""What the kernel takes as a socket's path (``sun_path``), without the final zero."""


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """
    Give a path to the same socket that is short enough for the kernel.

    Raises:
        OSError: the folder does not exist, or the system has no way to shorten its path.

    """
    if len(os.fsencode(path)) <= _PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def unix_socket(path: Path) -> socket.socket:
    """
    Return a socket bound to a path that only this user can open, in place of a stale one.

    Raises:
        OSError: there is something else, or the folder does not take it.

    """
    if path.is_socket():
        path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux gives the file the socket's mode: there is no moment at which others may connect.
        os.fchmod(bound.fileno(), 0o600)
        with short_path(path) as short:
            bound.bind(short)
        path.chmod(0o600)
    except BaseException:
        bound.close()
        raise
    return bound


def remove_socket(path: Path) -> None:
    """Remove a socket's file, if it is still there."""
    path.unlink(missing_ok=True)
