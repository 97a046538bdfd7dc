"""What runs, as those see it who carry out requests and commands."""

from __future__ import annotations

from typing import NamedTuple

from roomserver.clock import ServerClock
from roomserver.guard import Guard
from roomserver.hub import Hub
from roomserver.passwords import Passwords
from roomserver.people import People


class Alive(NamedTuple):
    """The parts that a change in storage must reach as well."""

    hub: Hub
    people: People
    passwords: Passwords
    guard: Guard
    clock: ServerClock
