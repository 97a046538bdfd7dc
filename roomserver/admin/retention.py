"""Commands ``privacy.*`` about retention: what waits for a person, clocks and hooks."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.errors import ErrorCode, Rejected
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.clock import ServerClock
from roomserver.retention import Retention


class PrivacyAllow(AdminCommand, frozen=True, kw_only=True, tag="privacy.allow"):
    """Let a category be deleted whose sweep was paused after a change of policy."""

    category: str


class PrivacyClock(AdminCommand, frozen=True, kw_only=True, tag="privacy.clock"):
    """Believe the wall clock, which is far ahead of the time that has passed."""


class PrivacyHooks(AdminCommand, frozen=True, kw_only=True, tag="privacy.hooks"):
    """Show the hooks in force with what they did; ``reset`` gives a tripped one another chance."""

    reset: str | None = None


class RetentionAdministration:
    """Carries the commands out."""

    def __init__(self, retention: Retention, clock: ServerClock) -> None:
        self._retention = retention
        self._clock = clock

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {
            PrivacyAllow: self.allow,
            PrivacyClock: self.clock,
            PrivacyHooks: self.hooks,
        }

    async def allow(self, command: PrivacyAllow) -> Mapping[str, object]:
        """Let a paused category go."""
        pauses = self._retention.sweeping.pauses
        waiting = {one.category: one for one in await pauses.waiting()}
        if command.category not in waiting:
            expected = ", ".join(sorted(waiting)) or "none: nothing waits"
            raise Rejected(ErrorCode.NOT_FOUND, f"expected {expected}, got {command.category!r}")
        await pauses.allow(command.category, self._clock.now_ms())
        return {"category": command.category, "expired": waiting[command.category].expired}

    async def clock(self, _command: PrivacyClock) -> Mapping[str, object]:
        """Believe the wall clock."""
        wall_ms = self._clock.wall_ms()
        self._retention.sweeping.trusted.accept(wall_ms)
        return {"trusted_ms": wall_ms}

    async def hooks(self, command: PrivacyHooks) -> Mapping[str, object]:
        """Show hooks, after resetting one."""
        chain = self._retention.hooks
        if command.reset is not None and not chain.reset(command.reset):
            expected = ", ".join(sorted(chain.tripped)) or "none: no hook is tripped"
            raise Rejected(ErrorCode.NOT_FOUND, f"expected {expected}, got {command.reset!r}")
        counts: dict[str, dict[str, int]] = {hook.name: {} for hook in chain.hooks}
        for (name, word), count in chain.counts.items():
            counts.setdefault(name, {})[word] = count
        return {"hooks": counts, "tripped": {name: sorted(them) for name, them in chain.tripped.items()}}
