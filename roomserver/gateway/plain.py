"""
Plain HTTP under way on a connection: a request with a body, a response that waits or is long.

The frame layer's parser takes requests without a body. Those that need another, the one-click
unsubscription of a mail (RFC 8058) and a file that is sent, are read by h11.
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
"""Most of a body that is read and not kept: its content says nothing that the address does not."""
DISCARD_BYTES = 16 * 1024 * 1024
"""So much more than a file may have is read and dropped, for the sender to hear why it is refused."""

Later = Coroutine[object, object, Answer]
"""An answer that waits for storage."""


class Posting:
    """
    A request with a body on its way in; see :meth:`feed`.

    ``limit_of`` returns how much of a body is kept for a path, 0 for a path that takes no file.
    """

    def __init__(self, limit_of: Callable[[str], int] = lambda _: 0) -> None:
        self._limit_of = limit_of
        self._limit = 0
        self._kept: list[bytes] = []
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        self._request: Request | None = None
        self._body = 0

    @staticmethod
    def begins(data: bytes) -> bool:
        """Say whether the first bytes of a connection are such a request."""
        return data.startswith(_POST)

    @property
    def is_upload(self) -> bool:
        """Whether a file is on its way, which may take longer than a request."""
        return self._limit > 0

    @property
    def body(self) -> bytes | None:
        """The file; None when it is longer than it may be."""
        return None if self._body > self._limit > 0 else b"".join(self._kept)

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
                if (
                    len(event.target) + sum(len(name) + len(value) for name, value in event.headers)
                    > HEAD_BYTES
                ):
                    raise h11.RemoteProtocolError(f"expected a head of at most {HEAD_BYTES} bytes")
                headers = Headers()
                for name, value in event.headers:
                    headers[name.decode("ascii")] = value.decode("latin-1")
                self._request = Request(event.target.decode("ascii"), headers, event.method.decode("ascii"))
                self._limit = self._limit_of(self._request.path)
            elif isinstance(event, h11.Data):
                self._take(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return self._request
            else:
                return None

    def _take(self, data: bytes) -> None:
        self._body += len(data)
        at_most = self._limit + DISCARD_BYTES if self.is_upload else BODY_BYTES
        if self._body > at_most:
            raise h11.RemoteProtocolError(f"expected at most {at_most} bytes of body")
        if self._body <= self._limit:
            self._kept.append(data)
        else:
            self._kept.clear()


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
