"""
The admin listener: metrics and health on an address of their own.

Nothing here asks who is there: it belongs on loopback, a Unix socket or a private network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import structlog

from protocol.limits import Limits
from roomserver.admin.unix import remove_socket, unix_socket
from roomserver.clock import ServerClock
from roomserver.gateway.door import Entrance
from roomserver.gateway.gateway import Gateway
from roomserver.gateway.http import Page, Site, text_page
from roomserver.metrics.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger("admin")

UNIX = "unix:"
"""Prefix of a listening address that is the path of a Unix socket."""


def metrics_page(metrics: Metrics) -> Page:
    """Return the page ``/metrics``."""
    return lambda: (HTTPStatus.OK, CONTENT_TYPE, metrics.text())


class AdminListener:
    """Serves pages on an address that the operator chose; see :func:`listen`."""

    def __init__(self, pages: Mapping[str, Page], clock: ServerClock) -> None:
        index = "".join(f"{path}\n" for path in sorted(pages))
        site = Site({"/": lambda: text_page(index), **pages})
        self._gateway = Gateway(clock, Limits(), site, Entrance.unlimited(), None)
        self._listener: asyncio.Server | None = None
        self.address = ""
        """Where it listens, once it does."""

    async def listen(self, address: str) -> None:
        """
        Listen on ``HOST:PORT`` or ``unix:PATH``.

        Raises:
            OSError: the address cannot be listened on.

        """
        loop = asyncio.get_running_loop()
        if address.startswith(UNIX):
            bound = unix_socket(Path(address.removeprefix(UNIX)))
            self._listener = await loop.create_unix_server(self._gateway.connect, sock=bound)
            self.address = address
        else:
            host, _, port = address.rpartition(":")
            self._listener = await loop.create_server(self._gateway.connect, host.strip("[]"), int(port))
            self.address = f"{host}:{self._listener.sockets[0].getsockname()[1]}"
        self._gateway.start()
        log.info("admin listening", address=self.address)

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.close()
        await self._gateway.drain("the server is stopping", patience_seconds=0.0)
        if self.address.startswith(UNIX):
            remove_socket(Path(self.address.removeprefix(UNIX)))
