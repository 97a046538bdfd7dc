"""``roomserver serve``: run the server until a signal."""

from __future__ import annotations

import asyncio
import signal

from roomserver import VERSION
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.collector import relax
from roomserver.entrance import raise_file_limit
from roomserver.server import Server

_STOPPING = (signal.SIGTERM, signal.SIGINT)


async def serve(invocation: Invocation) -> Exit:
    """Run the server until SIGTERM or SIGINT, then let everybody go; a second signal ends it at once."""
    config, output = invocation.config, invocation.output
    raise_file_limit()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stopping.set)
    server = await Server.start(config)
    relax()
    url = f"http://{config.listen.host}:{server.port}"
    output.result({"version": VERSION, "url": url}, f"roomserver {VERSION} on {url}")
    await stopping.wait()
    for number in _STOPPING:
        loop.remove_signal_handler(number)
    await server.close()
    return Exit.OK


COMMANDS = (
    Command(
        "serve",
        "run the server",
        serve,
        (
            argument("--host", help="address to listen on (default 127.0.0.1)"),
            argument("--port", type=int, help="port to listen on (default 8080; 0 takes a free one)"),
        ),
        is_service=True,
    ),
)
