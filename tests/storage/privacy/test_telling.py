"""Telling: a hook that fails keeps no other from hearing of a sweep, or of another policy."""

from __future__ import annotations

from storage.privacy.hooks import Hook, HookChain, SweepReport
from storage.privacy.policy import Policy
from storage.privacy.policyfile import policy_of
from storage.privacy.telling import tell_changed, tell_swept

REPORT = SweepReport(1_000, {"chat": 3}, True)


class Deaf(Hook):
    """Fails at whatever it is told."""

    name = "deaf"
    priority = 1

    async def after_sweep(self, report: SweepReport) -> None:
        """Fail."""
        raise RuntimeError(report)

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Fail."""
        raise RuntimeError(old, new)


class Listener(Hook):
    """Remembers what it is told."""

    name = "listener"

    def __init__(self) -> None:
        self.heard: list[object] = []

    async def after_sweep(self, report: SweepReport) -> None:
        """Remember a report."""
        self.heard.append(report)

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Remember a change."""
        self.heard.append((old, new))


async def test_behind_one_that_fails() -> None:
    """The hooks behind it are told, and its failures are counted."""
    listener, policy = Listener(), policy_of({})
    hooks = HookChain([listener, Deaf()])
    await tell_swept(hooks, REPORT)
    await tell_changed(hooks, None, policy)
    assert listener.heard == [REPORT, (None, policy)]
    assert hooks.counts == {("deaf", "unheard"): 2}
