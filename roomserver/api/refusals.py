"""The one place that maps storage's errors to words of the wire."""

from __future__ import annotations

import structlog

from protocol.errors import ErrorCode, Rejected
from storage import errors

log = structlog.get_logger("storage")


def as_rejected(error: errors.StorageError) -> Rejected:
    """Return what a client is told; what it cannot mend is logged, without content."""
    match error:
        case errors.NotFoundError():
            return Rejected(ErrorCode.NOT_FOUND, f"expected a {error.kind} of yours, got {error.id!r}")
        case errors.NameTakenError():
            return Rejected(ErrorCode.NAME_TAKEN, str(error))
        case errors.RoomExistsError():
            return Rejected(ErrorCode.ROOM_EXISTS, str(error))
        case errors.RoomArchivedError():
            return Rejected(ErrorCode.ROOM_ARCHIVED, str(error), until_ms=error.until_ms)
        case errors.LimitReachedError():
            return Rejected(ErrorCode.TOO_MANY, str(error), limit=error.limit)
        case errors.BadCursorError():
            return Rejected(ErrorCode.BAD_PARAMS, str(error), field="cursor")
        case _:
            log.warning("storage unavailable", cause=type(error).__name__)
            return Rejected(ErrorCode.STORAGE_UNAVAILABLE)
