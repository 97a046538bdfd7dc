"""The pytest plugin: found through its entry point, and silent where it cannot serve."""

from __future__ import annotations

import importlib.util

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Bring the fixtures where asynchronous tests can run; anybody may have the server installed."""
    if importlib.util.find_spec("pytest_asyncio") is not None:
        config.pluginmanager.import_plugin("roomserver.testing.fixtures")
