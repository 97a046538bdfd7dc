"""What the generator needs of the machine, and what the server takes of it."""

from __future__ import annotations

import os
import platform
import urllib.request
from pathlib import Path
from typing import NamedTuple

_SPARE_FILES = 64
"""Descriptors of a worker that are no connections."""


class Usage(NamedTuple):
    """What a process has used: CPU seconds since it began, and memory now."""

    cpu_seconds: float
    rss_bytes: int


class UnknownProcessError(Exception):
    """There is nothing to read at the place that was named; the text says what was expected."""


def usage_of(pid: int) -> Usage:
    """
    Return what a process of this machine has used.

    Raises:
        UnknownProcessError: there is none.

    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        tasks = sorted(Path(f"/proc/{pid}/task").iterdir())
    except OSError as error:
        raise UnknownProcessError(f"expected a process with id {pid}: {error.strerror}") from None
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    try:
        # In nanoseconds, where the process's own sum counts in ticks of 10 ms. Without threads that ended.
        texts = [(task / "schedstat").read_text(encoding="utf-8") for task in tasks]
    except OSError:
        # The name in parentheses may hold anything; what follows it is numbers.
        fields = stat.rpartition(")")[2].split()
        return Usage((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), memory)
    return Usage(sum(int(text.split()[0]) for text in texts) / 1e9, memory)


def usage_from(metrics: str) -> Usage:
    """
    Return what a server's ``/metrics`` says of its process.

    Raises:
        UnknownProcessError: it does not say it.

    """
    values: dict[str, float] = {}
    for line in metrics.splitlines():
        name, _, value = line.partition(" ")
        if name in {"process_cpu_seconds_total", "process_resident_memory_bytes"}:
            values[name] = float(value)
    if len(values) != 2:
        raise UnknownProcessError("expected process_cpu_seconds_total and process_resident_memory_bytes")
    return Usage(values["process_cpu_seconds_total"], round(values["process_resident_memory_bytes"]))


def usage_at(url: str) -> Usage:
    """
    Return what the process behind a metrics address has used.

    Raises:
        UnknownProcessError: it does not say it.

    """
    if not url.startswith(("http://", "https://")):
        raise UnknownProcessError(f"expected the address of /metrics, got {url!r}")
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - http and https only, see above
            return usage_from(response.read().decode())
    except OSError as error:
        raise UnknownProcessError(f"expected metrics at {url}: {error}") from None


def files_problem(connections: int) -> str | None:
    """
    Raise this process's limit of open files for so many connections; say what is in the way, if it is.

    Workers inherit the limit.
    """
    import resource  # noqa: PLC0415 - absent on Windows, where the command line still has its other uses

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _SPARE_FILES
    if soft < needed and (hard == resource.RLIM_INFINITY or hard >= needed):
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
        return None
    if soft < needed:
        return (
            f"expected {needed} open files for {connections} connections a worker, got a hard limit of "
            f"{hard}: run `ulimit -n {needed}` as root first, or use more workers"
        )
    return None


def environment() -> dict[str, str]:
    """Return what figures depend on, for the report."""
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()
