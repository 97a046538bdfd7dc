"""
The lock on the data folder: one process at a time uses it.

Two servers on one database would each tell of rooms that the other changes. The kernel holds
the lock, so it goes with the process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

LOCK_FILE = "roomserver.lock"


class FolderInUseError(Exception):
    """Another process uses the data folder."""

    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(folder, pid)
        self.folder = folder
        self.pid = pid

    def __str__(self) -> str:
        whose = f"process {self.pid}" if self.pid else "another process"
        return f"expected a data folder that nobody uses, got {self.folder}, which {whose} uses"


class FolderLock:
    """A data folder held by this process. Get one from :meth:`acquire`."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @classmethod
    def acquire(cls, folder: Path) -> FolderLock:
        """
        Lock a folder without waiting.

        Raises:
            FolderInUseError: another process has it, or another server in this one.
            OSError: the folder cannot be written.

        """
        # Never removed: whoever waits for a removed file would lock another one than the next.
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = os.fdopen(descriptor, "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                raise FolderInUseError(folder, file.read(20).strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return cls(file)

    def release(self) -> None:
        """Let others use the folder. A second call does nothing."""
        self._file.close()
