"""Finding hooks: installed packages name theirs in the entry point group ``roomserver.privacy``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points

from storage.privacy.hooks import API, PrivacyHook
from storage.privacy.registry import CATEGORIES

GROUP = "roomserver.privacy"

_WANTED = ("name", "api", "priority", "categories", "budget_us", "before_record", "on_expire", "on_erase",
           "on_export", "on_hold", "holds", "after_sweep", "on_policy_change", "contains")  # fmt: skip


class HookError(Exception):
    """A hook that was asked for is not there, or is none."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"privacy hook {self.name!r}: {self.problem}"


def installed_hooks() -> list[str]:
    """Return the names of all installed hooks."""
    return sorted(point.name for point in entry_points(group=GROUP))


def load_hooks(names: Iterable[str]) -> Sequence[PrivacyHook]:
    """
    Return the hooks of these names, made without arguments.

    Raises:
        HookError: one is not installed, fails, or is of another version of the interface. A server
            that an operator told to redact must not start without.

    """
    return [_load(name) for name in names]


def _load(name: str) -> PrivacyHook:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        raise HookError(name, f"expected one of {', '.join(installed_hooks()) or 'none installed'}")
    try:
        hook = found[0].load()()
    except Exception as error:
        raise HookError(name, f"expected a hook, got {type(error).__name__}: {error}") from error
    return checked(hook, name)


def checked(hook: PrivacyHook, name: str) -> PrivacyHook:
    """
    Return a hook that has all a hook has.

    Raises:
        HookError: it has not.

    """
    missing = [wanted for wanted in _WANTED if not hasattr(hook, wanted)]
    if missing:
        raise HookError(name, f"expected a hook with {', '.join(missing)}")
    if hook.api != API:
        raise HookError(name, f"expected version {API} of the interface, got {hook.api!r}")
    unknown = sorted(set(hook.categories) - set(CATEGORIES))
    if unknown or not hook.categories:
        raise HookError(name, f"expected categories of the registry, got {', '.join(unknown) or 'none'}")
    return hook
