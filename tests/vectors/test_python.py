"""The Python SDK passes the conformance vectors: the server's bytes in, the core's state out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from client_demo.sdk.rooms import RoomView
from protocol import codec
from protocol.events import EVENTS, RoomEvent
from protocol.results import JoinResult
from tests.vectors import conformance

CASES = json.loads(conformance.FILE.read_text(encoding="utf-8"))


class Listener:
    """A client that hears a connection's bytes, as far as one room goes."""

    def __init__(self) -> None:
        self.view = RoomView("lobby")

    def hear(self, message: bytes) -> None:
        """Take one WebSocket message."""
        for value in codec.decode(message, max_bytes=2**20, nesting=16):
            match value:
                case [codec.RESPONSE, _, None, result]:
                    self._join(codec.read(result, JoinResult))
                case [codec.NOTIFICATION, str(name), dict(params)]:
                    self._event(name, params)

    def _join(self, result: JoinResult) -> None:
        if self.view.epoch:
            self.view.rejoined(result)
        else:
            self.view.joined(result)

    def _event(self, name: str, params: dict[str, Any]) -> None:
        # An event this client does not know still has its place in the numbering.
        shape = EVENTS.get(name, RoomEvent if "seq" in params else None)
        if shape is not None:
            self.view.take(codec.read(params, shape))

    @property
    def seen(self) -> dict[str, Any]:
        """What the vectors compare."""
        view = self.view
        return {
            "epoch": view.epoch,
            "seq": view.seq,
            "gap": view.has_gap,
            "snapshot": conformance.plain(view.snapshot),
            "members": sorted([member.user.id, member.role] for member in view.members.values()),
            "population": view.population,
            "guests": view.guests,
            "cue": conformance.plain(view.cue),
        }


@pytest.mark.parametrize("case", CASES, ids=[case["name"].split(".")[0][:40] for case in CASES])
def test_conformance(case: dict[str, Any]) -> None:
    """Behind every message the client holds what the core has."""
    listener = Listener()
    for number, step in enumerate(case["steps"], start=1):
        listener.hear(bytes.fromhex(step["send"]))
        assert listener.seen == step["state"], f"step {number}"
