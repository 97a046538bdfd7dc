"""
Structured logs: readable on a terminal, JSON otherwise.

Logs carry ids and counts. Chat text, names, addresses and tokens never go in: a test
greps the logs of a whole session for them.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

from roomserver.config import LogConfig


class Sink:
    """
    Where lines go; one that cannot be written is counted, never raised.

    A full disk fails the log together with the database, and whoever mends a room says so in
    the log: an exception there would leave the room broken for good.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = 0
        """Writes that failed."""

    def write(self, text: str) -> None:
        """Write, if that is possible."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):  # ValueError: the stream is closed
            self.lost += 1

    def flush(self) -> None:
        """Hand on what was written, if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1


PERSONAL = frozenset(
    {
        *("address", "avatar_url", "bio", "body", "email", "ip", "message", "name", "password", "reason"),
        *("text", "title", "token", "user_agent", "username"),
    }
)
"""Keys under which a log line would hold what people are called, write, or come from."""

DROPPED = "(dropped)"


def drop_personal(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop the value of every key that may hold personal data, at any depth: the last line of defence."""
    for key, value in event.items():
        event[key] = DROPPED if key in PERSONAL else _without_personal(value)
    return event


def _without_personal(value: object) -> object:
    if isinstance(value, dict):
        return {key: DROPPED if key in PERSONAL else _without_personal(inner) for key, inner in value.items()}
    return [_without_personal(each) for each in value] if isinstance(value, list) else value


def set_up(config: LogConfig) -> None:
    """Configure structlog for this process."""
    level = logging.getLevelNamesMapping()[config.level.upper()]
    as_text = config.format == "text" or (config.format == "auto" and sys.stderr.isatty())
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        drop_personal,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks show code, not local variables: those hold what people wrote.
    if as_text:
        processors.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        processors += (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(Sink(sys.stderr)),  # type: ignore[arg-type]  # it writes and flushes
        cache_logger_on_first_use=False,
    )
