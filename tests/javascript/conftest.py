"""A real server for programs in JavaScript."""

from __future__ import annotations

from tests.support.world import data, demo_tracks, world

__all__ = ["data", "demo_tracks", "world"]
