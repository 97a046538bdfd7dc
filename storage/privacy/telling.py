"""
Telling: all hooks hear of what happened, also behind one that fails.

What they are told of is done already: nothing is undone, and nothing waits, for a hook that
cannot bear to hear of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from storage.privacy.hooks import HookChain, PrivacyHook, SweepReport
from storage.privacy.policy import Policy

log = structlog.get_logger("privacy")


async def tell_swept(hooks: HookChain, report: SweepReport) -> None:
    """Tell all hooks what a sweep did; failures are logged and counted as ``unheard``."""
    await _tell(hooks, lambda hook: hook.after_sweep(report))


async def tell_changed(hooks: HookChain, old: Policy | None, new: Policy) -> None:
    """Tell all hooks that another policy is in force; failures are logged and counted as ``unheard``."""
    await _tell(hooks, lambda hook: hook.on_policy_change(old, new))


async def _tell(hooks: HookChain, telling: Callable[[PrivacyHook], Awaitable[None]]) -> None:
    for hook in hooks.hooks:
        try:
            await telling(hook)
        except Exception as error:  # noqa: BLE001 - whatever a hook does, it is done and the others are told
            log.warning("hook failed", hook=hook.name, cause=type(error).__name__)
            hooks.counts[hook.name, "unheard"] += 1
