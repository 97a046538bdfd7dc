"""A client that only counts: what it heard, what it missed, what it heard twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from client_demo.load import frames
from protocol import codec

_REMEMBERED = 512

Reply = codec.Response | codec.Notification
Then = Callable[["Client", dict[str, Any]], None]

_parsed: dict[bytes, list[Reply]] = {}


def parsed(payload: bytes) -> list[Reply]:
    """Read a message; a room's members get the same bytes, which are read once."""
    known = _parsed.get(payload)
    if known is None:
        if len(_parsed) > _REMEMBERED:
            _parsed.clear()
        values = codec.decode(payload, max_bytes=2**24, nesting=32)
        known = _parsed[payload] = [codec.parse_reply(value) for value in values]
    return known


class Client(asyncio.Protocol):
    """One visitor of one room, over however many connections."""

    def __init__(self, room: str, counts: Counter[str], account: dict[str, Any] | None) -> None:
        self.room = room
        self.account = account
        """What to register with; None for guests."""
        self.token = ""
        self.user_id = ""
        self.room_id = ""
        self.epoch = ""
        self.seq = 0
        self.play: dict[str, Any] | None = None
        self.is_in = False
        self._counts = counts
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._is_open = False
        self._last_id = 0
        self._thens: dict[int, tuple[str, Then | None]] = {}

    # The network's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._buffer, self._is_open = b"", False
        self._thens.clear()
        self._counts["connections"] += 1
        self._transport.write(frames.request("127.0.0.1", "/ws"))

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        self._buffer += data
        if not self._is_open:
            rest = frames.opened(self._buffer)
            if rest is None:
                return
            self._is_open, self._buffer = True, rest
            self._log_in()
        whole, self._buffer = frames.split(self._buffer)
        for frame in whole:
            if frame.opcode == frames.BINARY:
                for value in parsed(frame.payload):
                    self._take(value)
            elif frame.opcode == frames.PING and self._transport is not None:
                self._transport.write(frames.masked(frame.payload, frames.PONG))
            elif frame.opcode == frames.CLOSE:
                self._counts[f"closed {int.from_bytes(frame.payload[:2], 'big')}"] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Be out."""
        self._transport, self.is_in = None, False

    @property
    def is_gone(self) -> bool:
        """Whether it has no connection, nor one that is being made."""
        return self._transport is None

    def drop(self) -> None:
        """Lose the connection."""
        self.is_in = False  # at once, or it would be chosen to go a second time
        if self._transport is not None:
            self._transport.abort()

    # Asking

    def ask(self, method: str, then: Then | None = None, **params: Any) -> None:
        """Send a request."""
        if self._transport is not None and self._is_open:
            self._last_id += 1
            self._thens[self._last_id] = method, then
            self._transport.write(frames.masked(codec.encode_value([0, self._last_id, method, params])))

    def _log_in(self) -> None:
        if self.token:
            self.ask("session.resume", Client._joins, token=self.token)
        elif self.account is not None:
            self.ask("session.register", Client._began, **self.account)
        else:
            self.ask("session.guest", Client._began)

    def _began(self, session: dict[str, Any]) -> None:
        self.token, self.user_id = session["token"], session["user"]["id"]
        self._joins(session)

    def _joins(self, _session: dict[str, Any]) -> None:
        resume = {"resume": {"epoch": self.epoch, "seq": self.seq}} if self.epoch else {}
        self.ask("room.join", Client._joined, room=self.room, **resume)

    def _joined(self, result: dict[str, Any]) -> None:
        if result["recovered"]:
            self._counts["resumed"] += 1
            for _, name, params in result["events"]:
                self._heard(name, params)
        else:
            self._counts["entered afresh"] += 1
            self.room_id = result["snapshot"]["room"]["id"]
            self.play = result["snapshot"]["booth"].get("play")
        self.epoch, self.seq, self.is_in = result["epoch"], result["seq"], True

    # Hearing

    def _take(self, value: Reply) -> None:
        if isinstance(value, codec.Response):
            method, then = self._thens.pop(value.id, ("", None))
            if value.error is not None:
                self._counts[f"refused {method} {value.error['code']}"] += 1
                if method.startswith("session."):
                    self.drop()  # too many at once: come again
            else:
                self._counts["acknowledged"] += 1
                if then is not None and value.result is not None:
                    then(self, value.result)
        elif value.name == "resync":
            self._counts["resyncs"] += 1
            self.epoch = ""
            self._joins({})
        elif "seq" in value.params and value.params.get("room") == self.room_id:
            self._heard(value.name, value.params)

    def _heard(self, name: str, params: dict[str, Any]) -> None:
        seq = params["seq"]
        if seq <= self.seq:
            self._counts["doubled"] += 1
            return
        self._counts["lost"] += seq - self.seq - 1
        self._counts["heard"] += 1
        self.seq = seq
        if name == "play.started":
            self.play = params["play"]
        elif name == "play.stopped":
            self.play = None
