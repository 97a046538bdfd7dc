"""Unix sockets for this user alone."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from roomserver.admin.unix import remove_socket, short_path, unix_socket


@pytest.mark.parametrize("depth", [1, 12])
def test_private_at_any_depth(tmp_path: Path, depth: int) -> None:
    """A socket can be bound and reached in a folder with a name of any length, by this user alone."""
    folder = tmp_path.joinpath(*["some-folder"] * depth)
    folder.mkdir(parents=True)
    path = folder / "admin.sock"
    with unix_socket(path) as bound, socket.socket(socket.AF_UNIX) as client, short_path(path) as short:
        bound.listen()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        client.connect(short)
    remove_socket(path)
    remove_socket(path)
    assert not path.exists()


def test_stale_socket(tmp_path: Path) -> None:
    """A socket that a dead process left is replaced."""
    path = tmp_path / "admin.sock"
    unix_socket(path).close()
    assert path.is_socket()
    with unix_socket(path) as bound:
        assert bound.getsockname().endswith("admin.sock")


def test_something_else(tmp_path: Path) -> None:
    """A file of somebody is left alone."""
    path = tmp_path / "admin.sock"
    path.write_text("a letter", encoding="utf-8")
    with pytest.raises(OSError, match="in use"):
        unix_socket(path)
    assert path.read_text(encoding="utf-8") == "a letter"
