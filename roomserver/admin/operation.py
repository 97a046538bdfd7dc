"""The operator's side of a running server: metrics, health, the pulse, and where they are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from roomserver.admin.listener import AdminListener, metrics_page
from roomserver.clock import ServerClock
from roomserver.config import AdminConfig
from roomserver.health import Health, TrialWrites
from roomserver.metrics import readings
from roomserver.metrics.metrics import Metrics
from roomserver.pulse import Pulse
from storage.database import Database


class Operation:
    """Watches the process and its storage from :meth:`begin` to :meth:`end`."""

    def __init__(
        self,
        metrics: Metrics,
        health: Health,
        database: Database,
        clock: ServerClock,
        on_beat: Callable[[], None],
    ) -> None:
        self.is_draining = False
        """Set when the server begins to stop."""
        self._trial = TrialWrites(database)
        self._on_beat = on_beat
        self._pulse = Pulse(metrics.histogram("event_loop_lag_seconds"), on_beat)
        pages = {"/metrics": metrics_page(metrics), "/healthz": health.alive, "/readyz": health.ready}
        self.listener = AdminListener(pages, clock)
        self._task: asyncio.Task[None] | None = None
        readings.read_build(metrics)
        readings.read_database(metrics, database.path)
        metrics.read_one("draining", lambda: self.is_draining)
        metrics.read_one("storage_writable", lambda: self._trial.is_writable)
        health.obstacle(lambda: "draining" if self.is_draining else None)
        health.obstacle(self._trial.check)

    async def begin(self, config: AdminConfig) -> None:
        """
        Begin to watch, and listen where the operator wants it.

        Raises:
            OSError: the address cannot be listened on.

        """
        self._on_beat()
        self._pulse.start()
        self._task = asyncio.create_task(self._trial.run(), name="trial writes")
        if config.listen:
            await self.listener.listen(config.listen)

    async def end(self) -> None:
        """Stop watching; before the database is closed."""
        self._pulse.stop()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.listener.close()
