"""Fixtures of the tests of attacks."""

from __future__ import annotations

from tests.support.server import data, house

__all__ = ["data", "house"]
