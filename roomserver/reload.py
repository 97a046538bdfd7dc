"""
Reloading: settings that change while the server runs, all of them or none.

A part says under which name of the settings it lives and how it prepares for others; what
cannot be prepared leaves everything as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from msgspec.structs import asdict, replace

from roomserver.config import Config, ConfigError

log = structlog.get_logger("reload")

Apply = Callable[[], None]
Prepare = Callable[[Config], Apply]
"""
Gets ready for other settings and returns what puts them in force.

It raises :class:`ConfigError` for what it cannot do, and changes nothing; what it returns
does not fail.
"""


Adopt = Callable[[Config], Awaitable[bool]]
"""
Puts other settings in force where that may fail, as on a disk; says whether something changed.

When it raises, what was in force stays.
"""


class Reloaded(NamedTuple):
    """Names of settings (``group.key``) that changed: those in force now, those that need a restart."""

    applied: list[str]
    restart: list[str]


class Reloader:
    """
    Reads the settings again and puts them in force.

    ``config`` are the settings in force. ``source`` reads them again; without one there is
    nothing to reload from.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.source: Callable[[], Config] | None = None
        self._parts: dict[str, Prepare] = {}
        self._adopting: tuple[str, Adopt] | None = None
        self._turn = asyncio.Lock()

    def on(self, name: str, prepare: Prepare) -> None:
        """Have a part follow a group (``rates``) or a single setting (``listen.origins``)."""
        self._parts[name] = prepare

    def on_disk(self, name: str, adopt: Adopt) -> None:
        """
        Have the one part follow that must write to do so; it goes before all others.

        It is asked at every reload: the setting may name a file that changed.
        """
        self._adopting = name, adopt

    @property
    def names(self) -> set[str]:
        """The groups and settings that can be reloaded."""
        return set(self._parts) | ({self._adopting[0]} if self._adopting else set())

    async def reload(self) -> Reloaded:
        """
        Read the settings again and put in force what can be.

        Raises:
            ConfigError: something is wrong with them; nothing has changed.
            storage.errors.StorageUnavailableError: the disk refused; nothing has changed.

        """
        async with self._turn:
            return await self._reload()

    async def _reload(self) -> Reloaded:
        if self.source is None:
            raise ConfigError(["expected settings to read again, got a server that was started without any"])
        fresh = self.source()
        changed = _changed(self.config, fresh)
        ours = {name for name in changed if self._part_of(name) is not None}
        target = _with(self.config, fresh, ours)
        wanted = {part for name in ours if (part := self._part_of(name)) in self._parts}
        ready = [self._parts[part](target) for part in sorted(wanted)]
        if self._adopting is not None and await self._adopting[1](target):
            ours.add(self._adopting[0])
        for apply in ready:
            apply()
        self.config = target
        done = Reloaded(sorted(ours), sorted(set(changed) - ours))
        log.info("settings reloaded", applied=done.applied, restart=done.restart)
        return done

    def _part_of(self, name: str) -> str | None:
        group = name.partition(".")[0]
        return next((part for part in (name, group) if part in self.names), None)


def _changed(before: Config, after: Config) -> list[str]:
    """Return the names of settings that differ."""
    return [
        f"{group}.{key}"
        for group, values in asdict(after).items()
        for key, value in asdict(values).items()
        if value != getattr(getattr(before, group), key)
    ]


def _with(before: Config, after: Config, names: set[str]) -> Config:
    """Return settings with these taken from ``after``."""
    groups = {}
    for group in asdict(before):
        changes = {
            key: value for key, value in asdict(getattr(after, group)).items() if f"{group}.{key}" in names
        }
        groups[group] = replace(getattr(before, group), **changes)
    return replace(before, **groups)
