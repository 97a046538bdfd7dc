"""
Plain HTTP under way on a connection: a request with a body, a response that waits or is long.

The frame layer's parser takes requests without a body. The one that needs another, the one-click
unsubscription of a mail (RFC 8058), is read by h11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import h11
import structlog
from websockets.datastructures import Headers
from websockets.http11 import Request

from roomserver.gateway.files import send_part
from roomserver.gateway.http import HEAD_BYTES, Answer, FilePart, failed

log = structlog.get_logger("http")

_POST = b"POST "
BODY_BYTES = 4 * 1024
"""Most of a body that is read; its content says nothing that the address does not."""

Later = Coroutine[object, object, Answer]
"""An answer that waits for storage."""


class Posting:
    """A request with a body on its way in; see :meth:`feed`."""

    def __init__(self) -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._request: Request | None = None
        self._body = 0

    @staticmethod
    def begins(data: bytes) -> bool:
        """Say whether the first bytes of a connection are such a request."""
        return data.startswith(_POST)

    def feed(self, data: bytes) -> Request | None:
        """
        Take bytes; return the request when it is there whole.

        Raises:
            h11.RemoteProtocolError: it is no request, or one that is too big.

        """
        self._parser.receive_data(data)
        while True:
            event = self._parser.next_event()
            if isinstance(event, h11.Request):
                headers = Headers()
                for name, value in event.headers:
                    headers[name.decode("ascii")] = value.decode("latin-1")
                self._request = Request(event.target.decode("ascii"), headers, event.method.decode("ascii"))
            elif isinstance(event, h11.Data):
                self._body += len(event.data)
                if self._body > BODY_BYTES:
                    raise h11.RemoteProtocolError(f"expected at most {BODY_BYTES} bytes of body")
            elif isinstance(event, h11.EndOfMessage):
                return self._request
            else:
                return None


class Responding:
    """A response on its way out: its head, then a file as far as the client takes it."""

    def __init__(self, transport: asyncio.Transport, is_stalled: Callable[[], bool]) -> None:
        self._transport = transport
        self._is_stalled = is_stalled
        self._file: FilePart | None = None
        self._waits: asyncio.Task[Answer] | None = None

    def begin(self, answer: Answer | Later) -> None:
        """Send an answer, now or when it is made."""
        if isinstance(answer, Answer):
            self._send(answer)
        else:
            self._waits = asyncio.create_task(answer)
            self._waits.add_done_callback(self._made)

    def _made(self, task: asyncio.Task[Answer]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("page failed", exc_info=error)
        if not self._transport.is_closing():
            self._send(failed() if error is not None else task.result())

    def _send(self, answer: Answer) -> None:
        self._transport.write(answer.head.serialize())
        self._file = answer.file
        self.go_on()

    def go_on(self) -> None:
        """Send the rest of the file, as far as the client takes it; close when all is out."""
        self._file = send_part(self._transport, self._file, self._is_stalled)
        if self._file is None:
            self._transport.close()
