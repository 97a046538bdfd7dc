"""Fixtures of the soak."""

from __future__ import annotations

from tests.support.server import data

__all__ = ["data"]
