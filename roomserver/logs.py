"""
Structured logs: readable on a terminal, JSON otherwise.

Logs carry ids and counts. Chat text, names, addresses and tokens never go in: a test
greps the logs of a whole session for them.
"""

from __future__ import annotations

import logging
import sys

import structlog

from roomserver.config import LogConfig


def set_up(config: LogConfig) -> None:
    """Configure structlog for this process."""
    level = logging.getLevelNamesMapping()[config.level.upper()]
    as_text = config.format == "text" or (config.format == "auto" and sys.stderr.isatty())
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
