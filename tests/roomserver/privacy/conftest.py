"""Fixtures of a running server."""

from tests.support.server import data, demo_media, house

__all__ = ["data", "demo_media", "house"]
