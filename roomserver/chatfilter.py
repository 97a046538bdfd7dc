"""
Chat filters: hooks that see a message before the room does.

A filter returns the text, changed or not, or raises :class:`protocol.errors.Rejected`. One
that fails otherwise is logged by name and passed over: a bug in a filter must not silence a
room. Filters are found through the entry point group ``roomserver.chat_filters`` and named
in the configuration; the word filter is built in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

import structlog
from msgspec.structs import replace

from protocol.commands import ChatSend
from protocol.errors import ErrorCode, Rejected
from protocol.text import name_key
from protocol.values import User
from roomserver.config import ChatConfig, ConfigError

log = structlog.get_logger("chatfilter")

GROUP = "roomserver.chat_filters"


class ChatFilter(Protocol):
    """A filter. It is called on the event loop for every message: no I/O, microseconds only."""

    name: str

    def filter_chat(self, text: str, user: User, room: str) -> str:
        """
        Return the text to say; ``room`` is the id or slug that the sender named.

        Raises:
            Rejected: the message is refused, and the sender told so.

        """
        ...


class WordFilter:
    """Refuses messages with a blocked word, whatever its case and spelling in Unicode."""

    name = "words"

    def __init__(self, words: Iterable[str]) -> None:
        keys = sorted({name_key(word) for word in words if word.strip()}, key=len, reverse=True)
        alternatives = "|".join(re.escape(key) for key in keys)
        self._pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)") if keys else None

    def filter_chat(self, text: str, user: User, room: str) -> str:  # noqa: ARG002 - the interface's names
        """Refuse, without repeating the word."""
        if self._pattern is not None and self._pattern.search(name_key(text)):
            raise Rejected(ErrorCode.FORBIDDEN, "expected a message without blocked words", field="text")
        return text


def make_filters(config: ChatConfig) -> list[ChatFilter]:
    """
    Return the filters that the configuration names, in its order, the word filter first.

    Raises:
        ConfigError: a name that no installed package provides, or a filter that cannot be made.

    """
    filters: list[ChatFilter] = [WordFilter(config.blocked_words)] if config.blocked_words else []
    provided = {point.name: point for point in entry_points(group=GROUP)}
    for name in config.filters:
        if name not in provided:
            known = ", ".join(sorted(provided)) or "none is installed"
            raise ConfigError([f"chat.filters: expected one of {known}, got {name!r}"])
        filters.append(_loaded(provided[name]))
    return filters


def _loaded(point: EntryPoint) -> ChatFilter:
    try:
        made: ChatFilter = point.load()()
    except Exception as error:
        problem = f"chat.filters: expected {point.name!r} to be a filter, got {type(error).__name__}: {error}"
        raise ConfigError([problem]) from error
    return made


def filtered(filters: Sequence[ChatFilter], command: ChatSend, user: User) -> ChatSend:
    """
    Return the command as the filters leave it.

    Raises:
        Rejected: a filter refused the message.

    """
    text = command.text
    for one in filters:
        try:
            text = one.filter_chat(text, user, command.room)
        except Rejected:
            raise
        except Exception:
            log.exception("chat filter failed", filter=one.name)
    return command if text == command.text else replace(command, text=text)
