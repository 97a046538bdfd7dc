"""Retention: what the server keeps and for how long; the parts of it, put together."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from roomserver.clock import ServerClock
from roomserver.config import ConfigError, PrivacyConfig
from roomserver.notices import NoticeBoard
from storage.database import Database
from storage.downtimes import last_logged_ms, note_start
from storage.privacy.acknowledgements import Acknowledgements
from storage.privacy.discovery import HookError, load_hooks
from storage.privacy.holders import Holders
from storage.privacy.holds import nothing_held
from storage.privacy.hooks import HookChain
from storage.privacy.pauses import Pauses
from storage.privacy.policy import Policy
from storage.privacy.policyfile import PolicyError, load_policy
from storage.privacy.recorder import InForce, Recorder
from storage.privacy.restamps import Restamps
from storage.privacy.revisions import adopt
from storage.privacy.subjects import UNKNOWN, Subjects, read_subject
from storage.privacy.sweeper import Sweeper
from storage.privacy.trusted import DOWN_MS, TrustedTime, load_trusted
from storage.privacy.versions import Held, held_at


def policy_from(config: PrivacyConfig) -> Policy:
    """
    Return the policy that the configuration names.

    Raises:
        ConfigError: with every problem of its file.

    """
    try:
        return load_policy(Path(config.policy) if config.policy else None)
    except PolicyError as error:
        raise ConfigError(error.problems) from None


def hooks_from(config: PrivacyConfig) -> HookChain:
    """
    Return the hooks that the configuration names.

    Raises:
        ConfigError: one of them cannot be had.

    """
    try:
        return HookChain(load_hooks(config.hooks))
    except HookError as error:
        raise ConfigError([f"privacy.hooks: {error}"]) from None


async def _set(clock: ServerClock, trusted: TrustedTime, database: Database) -> int:
    """
    Have a clock start no earlier than the time that is trusted, nor than what is in the log.

    Return the last instant in the log.
    """
    hide_ms = trusted.read(clock.wall_ms(), clock.passed_ms()).hide_ms
    logged_ms = await last_logged_ms(database)
    # Further ahead than any downtime that is believed: somebody wrote it with a clock in another year.
    clock.not_before(logged_ms if hide_ms < logged_ms < hide_ms + DOWN_MS else hide_ms)
    await note_start(database, clock.now_ms())
    return logged_ms


class Sweeping(NamedTuple):
    """What makes records go."""

    sweeper: Sweeper
    pauses: Pauses
    restamps: Restamps
    trusted: TrustedTime


class Retention:
    """Policy, hooks, people, and what records and removes by them. Make it with :meth:`open`."""

    def __init__(
        self, database: Database, held: Held, hooks: HookChain, trusted: TrustedTime, clock: ServerClock
    ) -> None:
        self.database = database
        self._clock = clock
        self.hooks = hooks
        self.subjects = Subjects()
        self.recorder = Recorder(held.in_force, hooks, self.subjects)
        self.acknowledgements = Acknowledgements(database)
        self.notices = NoticeBoard(self.recorder, self.acknowledgements)
        self.hurry = asyncio.Event()
        """Set when the sweep has something to do that cannot wait for its next time."""
        self.holders = Holders()
        """What only remembers, and forgets by the later of all clocks: nothing here destroys a file."""
        self.holders.add(self.acknowledgements)
        pauses = Pauses(database, held.in_force.policy, held.watched_since_ms)
        self.sweeping = Sweeping(
            Sweeper(database, hooks, pauses), pauses, Restamps(database, self.recorder), trusted
        )

    @classmethod
    async def open(cls, config: PrivacyConfig, database: Database, clock: ServerClock) -> Retention:
        """
        Trust the clock as far as it deserves, and put the configured policy on record.

        What records is the policy whose day has come, by the time that is trusted; one that keeps more
        waits for its own.

        Raises:
            ConfigError: the policy contradicts itself, or names what does not exist.
            StorageUnavailableError: it cannot be put on record.

        """
        policy, hooks = policy_from(config), hooks_from(config)
        trusted = await load_trusted(database)
        logged_ms = await _set(clock, trusted, database)
        adopted = await adopt(database, policy, clock.now_ms())
        held = await held_at(database, trusted.at(clock.passed_ms()))
        self = cls(database, held, hooks, trusted, clock)
        await database.ask_before_destroying(hooks.holds if hooks.may_hold else nothing_held)
        is_new = adopted.before is not None and held.in_force.rev == adopted.in_force.rev
        if held.before is not None and (is_new or held.since_ms > logged_ms):
            await self._reach_older_rows(held.in_force.policy, clock.now_ms())
            await hooks.changed(held.before, held.in_force.policy)
        return self

    def trusted_ms(self) -> int:
        """Return the instant by which what is over may be destroyed, and the day of a policy has come."""
        return self.sweeping.trusted.at(self._clock.passed_ms())

    async def put_on_record(self, config: PrivacyConfig, now_ms: int) -> bool:
        """
        Put the configured policy on record while the server runs; say whether it is another one.

        It records nothing by it yet: :meth:`put_in_force` does, on its day.

        Raises: as :meth:`open`; what was on record stays.

        """
        return (await adopt(self.database, policy_from(config), now_ms)).before is not None

    async def put_in_force(self, in_force: InForce, now_ms: int) -> None:
        """
        Record by a policy whose day has come.

        Raises:
            StorageUnavailableError: the one before goes on.

        """
        before = self.recorder.in_force.policy
        await self._reach_older_rows(in_force.policy, now_ms)
        self.recorder.adopt(in_force)
        self.notices.forget()
        await self.hooks.changed(before, in_force.policy)

    async def _reach_older_rows(self, policy: Policy, now_ms: int) -> None:
        # New rows follow at once; older ones after the cool-off, if they would be kept less long.
        await self.sweeping.restamps.ask(now_ms, now_ms + policy.cooloff_ms)
        await self.sweeping.pauses.reset(policy, now_ms)

    async def room_chose(self, room_id: str, now_ms: int) -> None:
        """Have a room's choice reach what was said before, after the cool-off."""
        cooloff_ms = self.recorder.in_force.policy.cooloff_ms
        await self.sweeping.restamps.ask(now_ms, now_ms + cooloff_ms, room_id=room_id)

    async def know_person(self, account_id: str) -> None:
        """
        Remember somebody in whose name something may happen before they are back.

        Raises:
            StorageUnavailableError: they cannot be read.

        """
        if account_id in self.subjects:
            return
        found = await read_subject(self.database, account_id)
        # Who has come meanwhile was noted; who is gone for good has nothing to note.
        if found != UNKNOWN and account_id not in self.subjects:
            self.subjects.note(account_id, found)

    def forget_person(self, account_id: str) -> None:
        """Let go of what is remembered of somebody who left; who comes back is read again."""
        self.subjects.scrub(account_id, None)
        self.acknowledgements.scrub(account_id, None)

    async def moved(self, account_id: str) -> None:
        """
        Have the law of another country reach what a person does, and has left here, where it keeps less.

        That it must is noted with the change itself (``accounts_move``, a trigger): a crash forgets nothing.
        """
        self.subjects.note(account_id, await read_subject(self.database, account_id))
        self.hurry.set()
