"""Fixtures of the tests of the whole."""

from __future__ import annotations

from tests.support.server import data, demo_media, house

__all__ = ["data", "demo_media", "house"]
