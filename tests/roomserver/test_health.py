"""Health: alive and ready."""

from __future__ import annotations

import asyncio

import pytest

from roomserver import health as health_module
from roomserver.health import Health
from tests.support.server import House


def test_alarms_and_obstacles() -> None:
    """An alarm fails ``/healthz`` alone, an obstacle ``/readyz`` alone; each says what is wrong."""
    health = Health()
    problems: dict[str, str | None] = {"late": None, "busy": None, "full": None}
    health.alarm(lambda: problems["late"])
    health.obstacle(lambda: problems["busy"])
    health.obstacle(lambda: problems["full"])
    assert health.alive() == (200, "text/plain; charset=utf-8", b"ok\n")
    assert health.ready() == (200, "text/plain; charset=utf-8", b"ready\n")
    problems["late"] = "chat is kept too long"
    assert health.alive()[::2] == (503, b"chat is kept too long\n")
    assert health.ready()[0] == 200
    problems |= {"late": None, "busy": "busy", "full": "full"}
    assert health.alive()[0] == 200
    assert health.ready()[::2] == (503, b"busy\nfull\n")


async def test_trial_writes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server on which nothing happens notices that its disk takes no writes, and that it does again."""
    monkeypatch.setattr(health_module, "TRIAL_SECONDS", 0.0)
    monkeypatch.setattr(health_module, "RETRY_SECONDS", 0.0)
    server = house.server
    trial = asyncio.create_task(server.operation._trial.run())

    async def until(*, writable: bool) -> None:
        async with asyncio.timeout(5):
            while server.operation._trial.is_writable is not writable:  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0)

    await until(writable=True)
    assert server.health.ready()[0] == 200
    await server._database.set_read_only(on=True)
    await until(writable=False)
    assert server.health.ready()[::2] == (503, b"storage unavailable\n")
    assert server.health.alive()[0] == 200
    await server._database.set_read_only(on=False)
    await until(writable=True)
    trial.cancel()
    assert server.health.ready()[0] == 200
