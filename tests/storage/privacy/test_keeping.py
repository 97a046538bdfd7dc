"""What hooks keep of people, and what becomes of it when they cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from storage.privacy.hooks import Hook
from storage.privacy.keeping import HookFailedError, Keeping


class Keeper(Hook):
    """A hook that keeps notes of people, and fails while ``is_broken``."""

    name = "keeper"
    categories = frozenset({"chat"})

    def __init__(self, *people: str) -> None:
        self.kept = dict.fromkeys(people, "a note")
        self.is_broken = False
        self.failed = 0

    def _work(self) -> None:
        if self.is_broken:
            self.failed += 1
            raise ValueError("a secret note")

    async def on_erase(self, subject: str) -> int:
        """Forget a person."""
        self._work()
        return int(self.kept.pop(subject, None) is not None)

    def on_export(self, subject: str) -> Iterable[Mapping[str, Any]]:
        """Give what is kept."""
        self._work()
        return [{"note": self.kept[subject]}] if subject in self.kept else []

    def contains(self, probe: bytes) -> int:
        """Count the notes with these bytes."""
        self._work()
        return sum(probe in note.encode() for note in self.kept.values())


class Odd(Hook):
    """A hook whose answers are none."""

    name = "odd"

    async def on_erase(self, subject: str) -> int:
        """Return nothing at all."""
        return None  # type: ignore[return-value]  # as a hook may that nobody checked

    def on_export(self, subject: str) -> Iterable[Mapping[str, Any]]:
        """Return what no JSON can hold."""
        return [{"it": object()}]

    def contains(self, probe: bytes) -> int:
        """Return less than nothing."""
        return -1


async def erased(keeping: Keeping, subject: str) -> list[tuple[str, int]]:
    """Have all hooks forget somebody."""
    return [each async for each in keeping.erase(subject)]


async def test_rights_reach_hooks() -> None:
    """What hooks keep is given, found and removed, each with the hook's name."""
    keeping = Keeping([Hook(), Keeper("u1", "u2")])
    assert keeping.categories() == ("chat",)
    assert list(keeping.export("u1")) == [{"hook": "keeper", "kept": {"note": "a note"}}]
    assert keeping.contains(b"note") == {"keeper": 2}
    assert await erased(keeping, "u1") == [("hook", 0), ("keeper", 1)]
    assert await erased(keeping, "u1") == [("hook", 0), ("keeper", 0)]
    assert (list(keeping.export("u1")), keeping.contains(b"note")) == ([], {"keeper": 1})


def test_nothing_to_give() -> None:
    """Hooks that give nothing make no file of a copy."""
    assert Keeping([Hook()]).categories() == Keeping().categories() == ()


@pytest.mark.parametrize("hook", [Keeper("u1"), Odd()])
async def test_a_hook_that_fails(hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not taken for one that keeps nothing, and what it says of it is in no log."""
    if isinstance(hook, Keeper):
        hook.is_broken = True
    keeping = Keeping([hook])
    with pytest.raises(HookFailedError, match=hook.name) as failed:
        await erased(keeping, "u1")
    with pytest.raises(HookFailedError):
        list(keeping.export("u1"))
    with pytest.raises(HookFailedError):
        keeping.contains(b"note")
    said = capsys.readouterr()
    assert "secret" not in said.out + said.err + str(failed.value)
