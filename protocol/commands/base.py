"""What all commands share: their base and the shapes of their fields."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from protocol import limits
from protocol.values import Id

RoomRef = Id
"""A room's id or slug."""

Username = Annotated[str, Meta(min_length=2, max_length=limits.NAME_CHARS)]
Password = Annotated[str, Meta(min_length=limits.PASSWORD_CHARS_MIN, max_length=limits.PASSWORD_CHARS_MAX)]
AnyPassword = Annotated[str, Meta(max_length=limits.PASSWORD_CHARS_MAX)]
_LOCAL = r"[^@\s<>()\[\],;:\\\"\x00-\x1f\x7f-\x9f]+"
_LABEL = r"[^@.\s<>()\[\],;:\\\"\x00-\x1f\x7f-\x9f]+"
_MAILBOX = rf"{_LOCAL}@{_LABEL}(\.{_LABEL})+"
"""One that a mail server can be asked for: without what would quote, comment or end it there."""
Email = Annotated[str, Meta(pattern=rf"^{_MAILBOX}\Z", max_length=limits.EMAIL_CHARS)]
EmailOrNone = Annotated[str, Meta(pattern=rf"^({_MAILBOX})?\Z", max_length=limits.EMAIL_CHARS)]
"""An empty text removes it. A union with a literal would put the pattern on the literal too."""
IdOrNone = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,32}\Z")]
"""An id, or an empty text that removes what it names."""
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
CountryCodeOrNone = Annotated[str, Meta(pattern=r"^([A-Z]{2})?\Z")]
HttpUrlOrNone = Annotated[str, Meta(pattern=r"^(https?://.*)?\Z", max_length=limits.URL_CHARS)]
RoomName = Annotated[str, Meta(min_length=1, max_length=limits.ROOM_NAME_CHARS)]
RoomPassword = Annotated[str, Meta(max_length=limits.PASSWORD_CHARS_MAX)]
Description = Annotated[str, Meta(max_length=limits.ROOM_DESCRIPTION_CHARS)]
Welcome = Annotated[str, Meta(max_length=limits.ROOM_WELCOME_CHARS)]
PlaylistName = Annotated[str, Meta(min_length=1, max_length=limits.TITLE_CHARS)]
ItemIds = Annotated[list[Id], Meta(min_length=1, max_length=limits.PAGE_MAX)]
SanctionMs = Annotated[int, Meta(ge=limits.SECOND_MS, le=limits.SANCTION_MAX_MS)]
Micros = Annotated[int, Meta(ge=-(2**53), le=2**53)]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all commands."""

    method: ClassVar[str]


class RoomCommand(Command, frozen=True, kw_only=True):
    """Base of the commands that a room handles; ``room`` is its id or slug."""

    room: RoomRef
