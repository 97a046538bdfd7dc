"""
The Python SDK: a client that comes back by itself.

``from client_demo.sdk import Client`` is all that a program needs; commands and events come
from the packages :mod:`protocol.commands` and :mod:`protocol.events`.
"""

from __future__ import annotations

from client_demo.sdk.client import Client
from client_demo.sdk.errors import (
    ConnectionLostError,
    RateLimited,
    RequestError,
    StoppedError,
    UnreachableError,
)
from client_demo.sdk.patience import Patience
from client_demo.sdk.room import Room
from client_demo.sdk.rooms import Resynced, RoomView

__all__ = [
    "Client",
    "ConnectionLostError",
    "Patience",
    "RateLimited",
    "RequestError",
    "Resynced",
    "Room",
    "RoomView",
    "StoppedError",
    "UnreachableError",
]
