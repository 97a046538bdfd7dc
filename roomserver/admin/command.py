"""
What an operator can have done: typed commands, carried out where the data is.

While a server runs, it carries them out itself, so that live rooms and connections follow;
otherwise the command line builds the same server without doors. A theme declares its commands
as subclasses of :class:`AdminCommand` and hands over their handlers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Union

import msgspec
import structlog

from protocol.errors import ErrorCode, Rejected
from roomserver.api.refusals import as_rejected
from storage.errors import StorageError

log = structlog.get_logger("admin")


class AdminCommand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"
):
    """Base of all commands; a subclass names itself with ``tag="theme.verb"``."""

    changes: ClassVar[bool] = True
    """Whether it changes something, and is therefore logged."""


AdminHandler = Callable[[Any], Awaitable[Mapping[str, object]]]
"""Carries out a command; answers facts that JSON can hold."""


class AdminError(Exception):
    """A command that was refused; ``code`` is a word of the protocol where it has one."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class Administration:
    """Carries out commands by the table of handlers."""

    def __init__(self, handlers: Mapping[type[AdminCommand], AdminHandler]) -> None:
        self._handlers = handlers
        # Union of a tuple: the commands are known only when the themes are put together.
        self._decoder = msgspec.json.Decoder(Union[tuple(handlers)])  # noqa: UP007

    async def run(self, command: AdminCommand) -> Mapping[str, object]:
        """
        Carry out a command.

        Raises:
            AdminError: it cannot be done; nothing was changed.

        """
        try:
            result = await self._handlers[type(command)](command)
        except Rejected as rejected:
            raise AdminError(rejected.code, rejected.message) from rejected
        except StorageError as error:
            refused = as_rejected(error)
            raise AdminError(refused.code, refused.message) from error
        if command.changes:
            log.info("command carried out", command=str(command.__struct_config__.tag))
        return result

    async def answer(self, line: bytes) -> bytes:
        """Carry out a command in JSON; return ``{"result": ...}`` or ``{"error": {code, message}}``."""
        try:
            result = await self.run(self._decoder.decode(line))
        except msgspec.ValidationError as error:
            return _refusal(ErrorCode.BAD_PARAMS, str(error))
        except msgspec.DecodeError as error:
            return _refusal(ErrorCode.BAD_PARAMS, f"expected a command as JSON: {error}")
        except AdminError as error:
            return _refusal(error.code, error.message)
        except Exception:
            log.exception("command failed")
            return _refusal(ErrorCode.INTERNAL, "a bug in the server; it has been logged")
        return msgspec.json.encode({"result": result})


def _refusal(code: str, message: str) -> bytes:
    return msgspec.json.encode({"error": {"code": code, "message": message}})
