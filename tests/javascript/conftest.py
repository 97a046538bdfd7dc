"""A real server for programs in JavaScript."""

from __future__ import annotations

from tests.support.world import data, world

__all__ = ["data", "world"]
