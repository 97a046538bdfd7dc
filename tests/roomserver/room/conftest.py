"""Rooms that most tests of the core begin with."""

from __future__ import annotations

import pytest

from tests.support.people import BY_ROLE
from tests.support.rooms import Bench, new_bench


@pytest.fixture(name="bench")
def _bench() -> Bench:
    return new_bench(*BY_ROLE.values())
