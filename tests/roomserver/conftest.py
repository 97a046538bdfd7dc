"""Fixtures of the server's tests; the server runs on uvloop as in production, and on asyncio where asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.support.server import data, house

__all__ = ["data", "house"]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the modules that say ``EVERY_LOOP`` on both loops, all others on uvloop."""
    module = item.getparent(pytest.Module)
    factories: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    if module is not None and getattr(module.obj, "EVERY_LOOP", False):
        factories["asyncio"] = asyncio.new_event_loop
    return factories
