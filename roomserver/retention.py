"""Retention: what the server keeps and for how long; the parts of it, put together."""

from __future__ import annotations

from pathlib import Path

from roomserver.clock import ServerClock
from roomserver.config import ConfigError, PrivacyConfig
from storage.database import Database
from storage.privacy.hooks import HookChain
from storage.privacy.policy import Policy
from storage.privacy.policyfile import PolicyError, load_policy
from storage.privacy.recorder import Recorder
from storage.privacy.revisions import Adopted, adopt
from storage.privacy.subjects import Subjects


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


class Retention:
    """Policy, hooks, people and the recorder that knows them. Make it with :meth:`open`."""

    def __init__(self, database: Database, adopted: Adopted, hooks: HookChain) -> None:
        self._database = database
        self.hooks = hooks
        self.subjects = Subjects()
        self.recorder = Recorder(adopted.in_force, hooks, self.subjects)

    @classmethod
    async def open(cls, config: PrivacyConfig, database: Database, clock: ServerClock) -> Retention:
        """
        Put the configured policy in force.

        Raises:
            ConfigError: the policy contradicts itself, or names what does not exist.
            StorageUnavailableError: it cannot be put in force.

        """
        policy = policy_from(config)
        adopted = await adopt(database, policy, clock.now_ms())
        return cls(database, adopted, HookChain())
