"""Fixtures of the methods' tests: a real server and its clients."""

from __future__ import annotations

from tests.support.server import house
from tests.support.world import data, world

__all__ = ["data", "house", "world"]
