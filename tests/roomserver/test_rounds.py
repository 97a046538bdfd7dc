"""Rounds: a step that fails ends neither the loop nor the other steps, and is known to have failed."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from protocol.errors import ErrorCode, Rejected
from roomserver.rounds import Rounds, ended
from storage.errors import StorageUnavailableError


def test_whatever_is_raised() -> None:
    """Any exception is counted and logged, and an alarm until the step is done again."""
    rounds, done = Rounds("deletion"), []
    with capture_logs() as lines:
        for name, error in (("rows", RuntimeError("no")), ("bytes", None), ("chores", ValueError("no"))):
            with rounds.step(name):
                if error is not None:
                    raise error
                done.append(name)
    assert done == ["bytes"]
    assert rounds.failures == {"rows": 1, "chores": 1}
    assert rounds.check() == "deletion fails: chores, rows"
    assert [(line["log_level"], line["step"]) for line in lines] == [("error", "rows"), ("error", "chores")]
    for name in ("rows", "chores"):
        with rounds.step(name):
            pass
    assert rounds.check() is None


@pytest.mark.parametrize("error", [StorageUnavailableError(OSError("full")), Rejected(ErrorCode.CONFLICT)])
def test_what_passes(error: Exception) -> None:
    """What storage or a broken room refuses is counted and made up for; others raise the alarm for it."""
    rounds = Rounds("deletion")
    with rounds.step("rows"):
        raise error
    assert (rounds.failures["rows"], rounds.check()) == (1, None)


def test_the_end_is_no_failure() -> None:
    """A loop that is cancelled ends."""
    rounds = Rounds("deletion")
    with pytest.raises(asyncio.CancelledError), rounds.step("rows"):
        raise asyncio.CancelledError
    assert (rounds.failures.total(), rounds.check()) == (0, None)


async def test_all_end_before_one_is_blamed() -> None:
    """A task that died is blamed when the others have ended, not instead; a cancelled one never is."""
    done = []

    async def work(word: str, error: Exception | None = None) -> None:
        await asyncio.sleep(0)
        done.append(word)
        if error is not None:
            raise error

    tasks = [asyncio.create_task(each) for each in (work("a", ValueError("a")), work("b"), work("c"))]
    tasks[2].cancel()
    with pytest.raises(ValueError, match="a"):
        await ended(tasks)
    assert done == ["a", "b"]
    await ended(tasks[1:])
