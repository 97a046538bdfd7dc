"""The lock on the data folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from roomserver.lock import LOCK_FILE, FolderInUseError, FolderLock


def test_one_at_a_time(tmp_path: Path) -> None:
    """A folder is locked once, also within a process; the refusal names folder and process."""
    lock = FolderLock.acquire(tmp_path)
    with pytest.raises(FolderInUseError, match=f"got {tmp_path}, which process {os.getpid()} uses"):
        FolderLock.acquire(tmp_path)
    lock.release()
    lock.release()
    FolderLock.acquire(tmp_path).release()


def test_private(tmp_path: Path) -> None:
    """The file is this user's alone, and stays."""
    FolderLock.acquire(tmp_path).release()
    assert stat.S_IMODE((tmp_path / LOCK_FILE).stat().st_mode) == 0o600


def test_goes_with_the_process(tmp_path: Path) -> None:
    """A process that was killed holds nothing any more."""
    code = (
        "import sys; from pathlib import Path; from roomserver.lock import FolderLock\n"
        "lock = FolderLock.acquire(Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(FolderInUseError) as caught:
            FolderLock.acquire(tmp_path)
        assert caught.value.pid == str(process.pid)
        process.kill()
    FolderLock.acquire(tmp_path).release()
