"""What the generator asks of the machine."""

from __future__ import annotations

import os
import resource

import pytest

from client_demo.load.machine import (
    UnknownProcessError,
    environment,
    files_problem,
    usage_at,
    usage_from,
    usage_of,
)


def test_this_process() -> None:
    """A process that computes uses more CPU than before, and has memory."""
    before = usage_of(os.getpid())
    assert sum(number * number for number in range(300_000))
    after = usage_of(os.getpid())
    assert after.cpu_seconds > before.cpu_seconds
    assert after.rss_bytes > 2**20


def test_no_process() -> None:
    """A process that is not there is an error that names it."""
    with pytest.raises(UnknownProcessError, match="id 999999999"):
        usage_of(999_999_999)


def test_metrics() -> None:
    """A server that tells its use in metrics needs no process id."""
    text = "# HELP x\nprocess_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 2.097152e+06\nother 1\n"
    assert usage_from(text) == (1.5, 2_097_152)
    with pytest.raises(UnknownProcessError):
        usage_from("other 1\n")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/metrics"])
def test_no_metrics(url: str) -> None:
    """An address without metrics is an error."""
    with pytest.raises(UnknownProcessError):
        usage_at(url)


def test_open_files() -> None:
    """More connections than the hard limit of open files are refused, saying what to do."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert files_problem(10) is None
    if before[1] != resource.RLIM_INFINITY:
        problem = files_problem(before[1])
        assert problem is not None
        assert "ulimit -n" in problem
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == before[1]


def test_environment() -> None:
    """A report says what it was measured on."""
    assert {"cores", "processor", "python", "system"} <= set(environment())
