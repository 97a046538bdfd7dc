"""
Error codes and close codes: each with its meaning and what a client should do.

::

    Exception
     └── Rejected        a request that was refused; becomes the error of its response

"""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec


class _ErrorMeaning(NamedTuple):
    temporary: bool
    meaning: str


class ErrorCode(enum.StrEnum):
    """The stable words of ``error.code``."""

    BAD_PARAMS = "bad_params"
    UNKNOWN_METHOD = "unknown_method"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_IN_ROOM = "not_in_room"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    INTERNAL = "internal"
    POLICY_REACCEPT_REQUIRED = "policy_reaccept_required"
    NOTICE_ACK_REQUIRED = "notice_ack_required"
    ACCOUNT_FROZEN = "account_frozen"
    INVALID_CREDENTIALS = "invalid_credentials"
    REGISTRATION_REFUSED = "registration_refused"
    NAME_TAKEN = "name_taken"
    ROOM_EXISTS = "room_exists"
    ROOM_FULL = "room_full"
    ROOM_ARCHIVED = "room_archived"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a word of the wire
    BANNED = "banned"
    MUTED = "muted"
    SLOW_MODE = "slow_mode"
    WAITLIST_LOCKED = "waitlist_locked"
    WAITLIST_FULL = "waitlist_full"
    WAITLIST_BANNED = "waitlist_banned"
    ALREADY_WAITING = "already_waiting"
    NOT_WAITING = "not_waiting"
    NO_MEDIA = "no_media"
    STALE_PLAY = "stale_play"
    OWN_PLAY = "own_play"
    TOO_LONG = "too_long"
    RECENTLY_PLAYED = "recently_played"
    BLOCKED_MEDIA = "blocked_media"
    HIGHER_ROLE = "higher_role"
    TOO_MANY = "too_many"
    CONFLICT = "conflict"


ERRORS: dict[ErrorCode, _ErrorMeaning] = {
    ErrorCode.BAD_PARAMS: _ErrorMeaning(
        False, "a param is missing, unknown or ill-typed; `field` is its path"
    ),
    ErrorCode.UNKNOWN_METHOD: _ErrorMeaning(False, "there is no such method"),
    ErrorCode.UNAUTHENTICATED: _ErrorMeaning(False, "a `session.*` request must come first"),
    ErrorCode.FORBIDDEN: _ErrorMeaning(
        False,
        "the caller's role does not allow it; `needs` names the role. Or the account is too new for a "
        "rule of the room, which `rule` names; wait `retry_after_ms`",
    ),
    ErrorCode.NOT_FOUND: _ErrorMeaning(False, "the room, user, playlist, item or message does not exist"),
    ErrorCode.NOT_IN_ROOM: _ErrorMeaning(False, "join the room first"),
    ErrorCode.RATE_LIMITED: _ErrorMeaning(True, "too fast; wait `retry_after_ms`"),
    ErrorCode.OVERLOADED: _ErrorMeaning(True, "the server is too busy for this; wait `retry_after_ms`"),
    ErrorCode.STORAGE_UNAVAILABLE: _ErrorMeaning(True, "the change could not be committed; nothing happened"),
    ErrorCode.INTERNAL: _ErrorMeaning(True, "a bug in the server; it has been logged"),
    ErrorCode.POLICY_REACCEPT_REQUIRED: _ErrorMeaning(False, "the privacy policy must be accepted"),
    ErrorCode.NOTICE_ACK_REQUIRED: _ErrorMeaning(False, "the recording notice must be acknowledged first"),
    ErrorCode.ACCOUNT_FROZEN: _ErrorMeaning(False, "the account is frozen; export and erasure still work"),
    ErrorCode.INVALID_CREDENTIALS: _ErrorMeaning(False, "wrong username, password or token"),
    ErrorCode.REGISTRATION_REFUSED: _ErrorMeaning(False, "registration is not possible; never says why"),
    ErrorCode.NAME_TAKEN: _ErrorMeaning(False, "somebody has that name, or one that looks the same"),
    ErrorCode.ROOM_EXISTS: _ErrorMeaning(False, "a room has that slug"),
    ErrorCode.ROOM_FULL: _ErrorMeaning(True, "the room is at its capacity"),
    ErrorCode.ROOM_ARCHIVED: _ErrorMeaning(
        False, "the room has lost its host; it is deleted at `until_ms` unless its staff take it over"
    ),
    ErrorCode.WRONG_PASSWORD: _ErrorMeaning(False, "the room needs its password"),
    ErrorCode.BANNED: _ErrorMeaning(
        False,
        "the caller is banned from the room, or, where `scope` is `server`, from the whole server; "
        "`until_ms` and `retry_after_ms` say until when, where there is an end, and `reason` says why, "
        "where one was given",
    ),
    ErrorCode.MUTED: _ErrorMeaning(True, "the caller is muted; wait `retry_after_ms`"),
    ErrorCode.SLOW_MODE: _ErrorMeaning(True, "one message per interval; wait `retry_after_ms`"),
    ErrorCode.WAITLIST_LOCKED: _ErrorMeaning(False, "the waitlist is locked; residents and up may join"),
    ErrorCode.WAITLIST_FULL: _ErrorMeaning(True, "the waitlist is at its cap"),
    ErrorCode.WAITLIST_BANNED: _ErrorMeaning(False, "the caller may not join the waitlist"),
    ErrorCode.ALREADY_WAITING: _ErrorMeaning(False, "the user already waits or plays"),
    ErrorCode.NOT_WAITING: _ErrorMeaning(False, "the user is not in the waitlist, or not in the booth"),
    ErrorCode.NO_MEDIA: _ErrorMeaning(False, "the active playlist is empty and no media was given"),
    ErrorCode.STALE_PLAY: _ErrorMeaning(False, "that play is over; `play_id` is the current one or nil"),
    ErrorCode.OWN_PLAY: _ErrorMeaning(False, "a DJ does not vote on the own play"),
    ErrorCode.TOO_LONG: _ErrorMeaning(False, "the media is longer than the room allows"),
    ErrorCode.RECENTLY_PLAYED: _ErrorMeaning(False, "the room heard it a short while ago"),
    ErrorCode.BLOCKED_MEDIA: _ErrorMeaning(False, "the room does not play it"),
    ErrorCode.HIGHER_ROLE: _ErrorMeaning(False, "staff act on lower roles only, and grant lower roles only"),
    ErrorCode.TOO_MANY: _ErrorMeaning(False, "a limit is reached; `limit` is its value"),
    ErrorCode.CONFLICT: _ErrorMeaning(True, "something changed meanwhile; look again and retry"),
}
"""Every code's meaning; ``temporary`` tells a client whether the same request may succeed later."""


class Rejected(Exception):  # noqa: N818 - a refusal is an answer, not a failure of the program
    """
    A request that was refused.

    ``code`` is the stable word, ``message`` is for people (lower case, expected and got),
    ``facts`` are extra fields of the wire error such as ``field`` or ``retry_after_ms``.
    """

    def __init__(self, code: ErrorCode, message: str = "", **facts: object) -> None:
        super().__init__(code, message, facts)
        self.code = code
        self.message = message or ERRORS[code].meaning
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def to_wire(self) -> dict[str, object]:
        """Return the error map of a response."""
        return {
            "code": self.code.value,
            "message": self.message,
            "temporary": ERRORS[self.code].temporary,
            **self.facts,
        }


class WireError(msgspec.Struct, frozen=True, kw_only=True):
    """An error as a client receives it; facts beyond these are ignored."""

    code: str
    message: str
    temporary: bool
    retry_after_ms: int | None = None
    field: str | None = None


class Verdict(enum.StrEnum):
    """What a client does after a close; the hundreds digit of the code."""

    STOP = "stop"
    BACK_OFF = "back off, then resume"
    RECONNECT = "reconnect now, resume"


class CloseCode(enum.IntEnum):
    """Close codes of this protocol."""

    BAD_REQUEST = 4000
    INVALID_TOKEN = 4001
    AUTH_TIMEOUT = 4002
    BANNED = 4003
    UNSUPPORTED_VERSION = 4004
    REPLACED = 4005
    CONNECTION_LIMIT = 4006
    TOO_MANY_ERRORS = 4007
    ERASED = 4010
    FROZEN = 4011
    OVERLOADED = 4100
    RATE_LIMITED = 4101
    SLOW_CONSUMER = 4102
    NO_PONG = 4103
    INTERNAL = 4104
    TOKEN_EXPIRED = 4105
    DRAINING = 4200
    ROOM_MOVED = 4201
    INSUFFICIENT_STATE = 4202

    @property
    def word(self) -> str:
        """The code's name on the wire, such as ``slow_consumer``."""
        return self.name.lower()


CLOSE_MEANINGS: dict[CloseCode, str] = {
    CloseCode.BAD_REQUEST: "not this protocol: a text, fragmented, malformed, too big or too deep message",
    CloseCode.INVALID_TOKEN: "the session is gone; log in again",
    CloseCode.AUTH_TIMEOUT: "no `session.*` request in time",
    CloseCode.BANNED: "banned from the server",
    CloseCode.UNSUPPORTED_VERSION: "the server speaks another version; reload the client",
    CloseCode.REPLACED: "a newer connection took over",
    CloseCode.CONNECTION_LIMIT: "too many connections of this user or address",
    CloseCode.TOO_MANY_ERRORS: "the client keeps sending requests that cannot work",
    CloseCode.ERASED: "the account was erased",
    CloseCode.FROZEN: "the account was frozen",
    CloseCode.OVERLOADED: "the server sheds load",
    CloseCode.RATE_LIMITED: "the client ignores its rate limits",
    CloseCode.SLOW_CONSUMER: "the client reads too slowly; it resumes by seq",
    CloseCode.NO_PONG: "no answer to pings",
    CloseCode.INTERNAL: "a bug in the server; it has been logged",
    CloseCode.TOKEN_EXPIRED: "the session expired; log in again",
    CloseCode.DRAINING: "the server is stopping or restarting",
    CloseCode.ROOM_MOVED: "the room lives on another node",
    CloseCode.INSUFFICIENT_STATE: "the server noticed a gap it cannot fill",
}


def close_verdict(code: int | None) -> Verdict:
    """
    Return what a client does after a close with ``code``.

    RFC 6455 codes are sorted too: 1002, 1003, 1007, 1008 and 1009 mean a client bug; all
    others, and no code at all (None), mean the network or the server failed.
    """
    if code is None:
        return Verdict.BACK_OFF
    match code // 100:
        case 40:
            return Verdict.STOP
        case 42:
            return Verdict.RECONNECT
        case _:
            return Verdict.STOP if code in (1002, 1003, 1007, 1008, 1009) else Verdict.BACK_OFF
