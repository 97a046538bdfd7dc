"""The entrance as the operator's settings want it."""

from __future__ import annotations

import resource
from contextlib import suppress

from roomserver.config import Config, DoorConfig, rate_of
from roomserver.gateway.addresses import Addresses
from roomserver.gateway.door import Door, DoorRules, Entrance

FILES_KEPT = 200
"""Open files that are no connections: the database, pages being sent, lookups of links."""


def entrance_of(config: Config) -> Entrance:
    """Return the entrance of a server."""
    door = config.door
    return Entrance(Door(rules_of(door)), addresses_of(door), config.listen.origins)


def addresses_of(config: DoorConfig) -> Addresses:
    """Return who tells where clients come from."""
    return Addresses(config.trusted_proxies, config.exempt)


def rules_of(config: DoorConfig) -> DoorRules:
    """Return what the door enforces."""
    return DoorRules(
        connections=config.connections,
        connections_total=config.connections_total or connections_possible(),
        handshakes=rate_of(config.handshakes),
        requests=rate_of(config.requests),
    )


def connections_possible() -> int:
    """Return how many connections this process can hold: each is an open file."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, soft - FILES_KEPT)


def raise_file_limit() -> None:
    """Allow this process as many open files as its user may have, unless it is forbidden to ask."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
