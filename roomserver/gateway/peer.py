"""The seam between the gateway and what sits on a connection."""

from __future__ import annotations

from typing import Any, Protocol


class Peer(Protocol):
    """What sits on a connection: the session layer, or an echo in a test."""

    @property
    def is_authenticated(self) -> bool:
        """Whether the client has a session."""
        ...

    def received(self, values: list[list[Any]], read_at_us: int) -> None:
        """Take the values of one message; ``read_at_us`` is when its frame was read."""
        ...

    def lost(self) -> None:
        """Take note that the connection ends; called exactly once."""
        ...
