"""
What hooks keep of people: the rights reach it as they reach what the server keeps.

A hook that fails here has not done its part: nothing may be called complete without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import msgspec
import structlog

from storage.errors import StorageError
from storage.privacy.hooks import Hook, PrivacyHook

log = structlog.get_logger("privacy")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class HookFailedError(StorageError):
    """A hook raised, or answered with something impossible; what it says of it stays with it."""

    def __init__(self, hook: str, cause: str) -> None:
        super().__init__(hook, cause)
        self.hook = hook
        self.cause = cause

    def __str__(self) -> str:
        return f"the privacy hook {self.hook!r} failed: {self.cause}"


class Keeping:
    """What the hooks in force keep, in their order."""

    def __init__(self, hooks: Sequence[PrivacyHook] = ()) -> None:
        self._hooks = hooks

    def categories(self) -> tuple[str, ...]:
        """Return of which categories a copy may have something of hooks; none if no hook gives anything."""
        giving = [hook for hook in self._hooks if type(hook).on_export is not Hook.on_export]
        return tuple(sorted(frozenset[str]().union(*(hook.categories for hook in giving))))

    async def erase(self, subject: str) -> AsyncIterator[tuple[str, int]]:
        """
        Have every hook remove what it keeps of an account; yield its name and how many things.

        Raises:
            HookFailedError: one did not; ask all of them again.

        """
        for hook in self._hooks:
            try:
                count = _counted(await hook.on_erase(subject))
            except Exception as error:
                raise _failure(hook, error) from error
            yield hook.name, count

    def export(self, subject: str) -> Iterator[dict[str, Any]]:
        """
        Yield what every hook keeps of an account, as JSON can hold it, with the hook's name.

        Raises:
            HookFailedError: one cannot say, so the copy would not be whole.

        """
        for hook in self._hooks:
            try:
                items = [_decode(_encode(item)) for item in hook.on_export(subject)]
            except Exception as error:
                raise _failure(hook, error) from error
            yield from ({"hook": hook.name, "kept": item} for item in items)

    def contains(self, probe: bytes) -> dict[str, int]:
        """
        Count what holds these bytes, by the names of the hooks that have such things.

        Raises:
            HookFailedError: one cannot say, so nothing is proven.

        """
        counts: dict[str, int] = {}
        for hook in self._hooks:
            try:
                counts[hook.name] = _counted(hook.contains(probe))
            except Exception as error:
                raise _failure(hook, error) from error
        return {name: count for name, count in counts.items() if count}


def _failure(hook: PrivacyHook, error: Exception) -> HookFailedError:
    cause = type(error).__name__
    log.warning("hook failed", hook=hook.name, cause=cause)
    return HookFailedError(hook.name, cause)


def _counted(answer: object) -> int:
    if type(answer) is not int or answer < 0:
        raise TypeError("expected a number of things")
    return answer
