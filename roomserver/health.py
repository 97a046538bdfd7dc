"""
Health: whether the server is alive, and whether it should be given work.

``/healthz`` answers while the event loop runs, and alarms when a promise is broken;
``/readyz`` is for load balancers and start-up scripts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

import structlog

from roomserver.gateway.http import text_page
from storage.database import Database
from storage.errors import StorageError

log = structlog.get_logger("health")

Check = Callable[[], str | None]
"""Looks at something; answers what is wrong in a few words without personal data, or None."""

TRIAL_SECONDS = 5.0
"""Between two trial writes."""
RETRY_SECONDS = 1.0
"""The same while they fail: a server that is well again should be told to the balancer soon."""


class Health:
    """What is asked before an answer is given. Checks are run in the order they were added."""

    def __init__(self) -> None:
        self._alarms: list[Check] = []
        self._obstacles: list[Check] = []

    def alarm(self, check: Check) -> None:
        """Have a check fail ``/healthz``: a promise is broken that people must hear of."""
        self._alarms.append(check)

    def obstacle(self, check: Check) -> None:
        """Have a check fail ``/readyz``: new connections had better go elsewhere."""
        self._obstacles.append(check)

    def alarms(self) -> list[str]:
        """Return what is wrong that people must hear of."""
        return _problems(self._alarms)

    def obstacles(self) -> list[str]:
        """Return why the server should not be given work."""
        return _problems(self._obstacles)

    def alive(self) -> tuple[HTTPStatus, str, bytes]:
        """Answer ``/healthz``."""
        return _page(self.alarms(), "ok")

    def ready(self) -> tuple[HTTPStatus, str, bytes]:
        """Answer ``/readyz``."""
        return _page(self.obstacles(), "ready")


def _problems(checks: list[Check]) -> list[str]:
    return [problem for check in checks if (problem := check()) is not None]


def _page(problems: list[str], fine: str) -> tuple[HTTPStatus, str, bytes]:
    if not problems:
        return text_page(f"{fine}\n")
    return text_page("".join(f"{problem}\n" for problem in problems), HTTPStatus.SERVICE_UNAVAILABLE)


class TrialWrites:
    """Proves every few seconds that storage takes writes, also when nobody says anything."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_writable = True

    async def run(self) -> None:
        """Try, until cancelled."""
        while True:
            try:
                await self._database.probe()
            except StorageError as error:
                if self.is_writable:
                    log.warning("storage takes no writes", cause=type(error).__name__)
                self.is_writable = False
            else:
                if not self.is_writable:
                    log.info("storage takes writes again")
                self.is_writable = True
            await asyncio.sleep(TRIAL_SECONDS if self.is_writable else RETRY_SECONDS)

    def check(self) -> str | None:
        """Say what is wrong."""
        return None if self.is_writable else "storage unavailable"
