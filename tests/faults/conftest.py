"""Fixtures of the tests of faults."""

from __future__ import annotations

from tests.support.server import data, demo_media

__all__ = ["data", "demo_media"]
