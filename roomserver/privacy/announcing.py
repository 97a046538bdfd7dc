"""
Announcing: a policy that keeps more is told of thirty days ahead, and holds from then on.

Until its day the policy before it stays in force: nothing is recorded by a promise that people
have not had time to read. A clock that is doubted brings no day nearer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from protocol.events import PolicyChanged
from roomserver.people import People
from roomserver.privacy.choices import NOTICE_PATH, Choices
from storage.privacy.audit import Audit, Entry
from storage.privacy.recorder import InForce, Recorder
from storage.privacy.versions import Version, Versions, coming, in_force

log = structlog.get_logger("policy")


class Announcer:
    """Publishes versions, puts them in force on their day, and tells everybody online."""

    def __init__(
        self,
        versions: Versions,
        recorder: Recorder,
        choices: Choices,
        people: People,
        audit: Audit,
        trusted_ms: Callable[[], int],
    ) -> None:
        self._versions = versions
        self._recorder = recorder
        self._choices = choices
        self._people = people
        self._audit = audit
        self._trusted_ms = trusted_ms
        self.put_in_force: Callable[[InForce], Awaitable[None]] = self._record_by
        """Has everything follow a policy whose day has come, or raises and changes nothing."""
        self.unwritten: list[Version] = []
        """Material versions that were published by this process and not written to people yet."""

    async def settle(self) -> bool:
        """
        Publish what is new and put in force what is due; say whether another policy is in force now.

        Raises:
            StorageUnavailableError: everything stays as it is; try again.

        """
        published = await self._versions.publish(self._trusted_ms())
        for version in published:
            entry = Entry("policy.published", "operator", version.published_at_ms, version.rev)
            await self._audit.write(entry)
            if version.rev > 1:
                self._tell(version)
            if version.material:
                self.unwritten.append(version)
        self._choices.versions = await self._versions.all()
        due = in_force(self._choices.versions, self._trusted_ms())
        if due is None or due.rev == self._recorder.in_force.rev:
            return False
        policy = await self._versions.policy(due.rev)
        assert policy is not None, "a version is of a policy on record"
        await self.put_in_force(policy)
        log.info("policy in force", rev=due.rev)
        if due not in published:  # which was told of it just now
            self._tell(due)
        return True

    async def _record_by(self, in_force: InForce) -> None:
        self._recorder.adopt(in_force)

    def changed(self, accepted_rev: int | None) -> PolicyChanged | None:
        """Return what somebody who comes in must be told: an announced policy they have not accepted."""
        version = coming(self._choices.versions, self._trusted_ms())
        if version is None or (accepted_rev or 0) >= version.rev:
            return None
        return _changed(version)

    def _tell(self, version: Version) -> None:
        changed = _changed(version)
        for person in self._people:
            for caller in person.callers:
                caller.notify(changed)


def _changed(version: Version) -> PolicyChanged:
    return PolicyChanged(
        rev=version.rev,
        effective_at_ms=version.effective_at_ms,
        material=version.material,
        summary=version.summary,
        url=NOTICE_PATH,
    )
