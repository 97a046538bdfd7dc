"""Fixtures of the client's tests."""

from __future__ import annotations

from tests.support.server import data, demo_media, house

__all__ = ["data", "demo_media", "house"]
