"""``roomserver serve``: run the server until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from functools import partial

import structlog

from roomserver import VERSION
from roomserver.cli.command import Command, Exit, Invocation, argument
from roomserver.collector import relax
from roomserver.config import Config, ConfigError
from roomserver.entrance import raise_file_limit
from roomserver.logs import set_up
from roomserver.reload import Apply, Reloader
from roomserver.server import Server
from roomserver.systemd import Notifier
from storage.errors import StorageError

log = structlog.get_logger("serve")

_STOPPING = (signal.SIGTERM, signal.SIGINT)


async def serve(invocation: Invocation) -> Exit:
    """
    Run the server until SIGTERM or SIGINT, then let everybody go; a second signal ends it at once.

    SIGHUP reads the settings again.
    """
    config, output = invocation.config, invocation.output
    raise_file_limit()
    stopping, hung_up = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, stopping.set)
    # From before the start until after the end: without a handler SIGHUP kills the process.
    loop.add_signal_handler(signal.SIGHUP, hung_up.set)
    server = await Server.start(config)
    relax()
    server.reloader.source = invocation.read
    server.reloader.on("log", _prepare_logs)
    notifier = Notifier(os.environ)
    url = f"http://{config.listen.host}:{server.port}"
    output.result({"version": VERSION, "url": url}, f"roomserver {VERSION} on {url}")
    notifier.ready(f"listening on {url}")
    reloads = asyncio.create_task(_reload_when_asked(hung_up, server.reloader, notifier))
    await stopping.wait()
    notifier.stopping()
    for number in _STOPPING:
        loop.remove_signal_handler(number)
    reloads.cancel()
    with suppress(asyncio.CancelledError):
        await reloads
    await server.close()
    notifier.close()
    return Exit.OK


def _prepare_logs(config: Config) -> Apply:
    return partial(set_up, config.log)


async def _reload_when_asked(asked: asyncio.Event, reloader: Reloader, notifier: Notifier) -> None:
    """Read the settings again each time, one time after the other; also when asked while starting."""
    while True:
        await asked.wait()
        asked.clear()
        await _reload(reloader, notifier)


async def _reload(reloader: Reloader, notifier: Notifier) -> None:
    notifier.reloading()
    try:
        await reloader.reload()
    except (ConfigError, StorageError) as error:
        problems = error.problems if isinstance(error, ConfigError) else [str(error)]
        log.warning("settings not reloaded", problems=problems)
        notifier.ready(f"settings not reloaded: {problems[0]}")
    except Exception as error:
        # Such as in a hook: systemd must not wait for an end that does not come.
        log.exception("settings not reloaded")
        notifier.ready(f"settings not reloaded: {type(error).__name__}")
    else:
        notifier.ready("settings reloaded")


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
