"""Commands of sessions, accounts and the clock."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol import limits
from protocol.commands.base import (
    AnyPassword,
    Command,
    CountryCode,
    CountryCodeOrNone,
    Email,
    EmailOrNone,
    HttpUrlOrNone,
    Micros,
    Password,
    Username,
)
from protocol.values import Id


class Birth(Command, frozen=True, kw_only=True):
    """A birth date: evaluated by the age screen and forgotten."""

    year: Annotated[int, Meta(ge=1900, le=9999)]
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]


class SessionGuest(Command, frozen=True, kw_only=True):
    """Start a session without an account."""

    method = "session.guest"
    name: Username | None = None


class SessionRegister(Command, frozen=True, kw_only=True):
    """Make an account and log in."""

    method = "session.register"
    username: Username
    password: Password
    birth: Birth
    accept_policy: bool
    email: Email | None = None
    country: CountryCode | None = None


class SessionLogin(Command, frozen=True, kw_only=True):
    """Log in with a password."""

    method = "session.login"
    username: Annotated[str, Meta(max_length=limits.NAME_CHARS)]
    password: AnyPassword


class SessionResume(Command, frozen=True, kw_only=True):
    """Log in with a token."""

    method = "session.resume"
    token: Annotated[str, Meta(max_length=200)]


class SessionLogout(Command, frozen=True, kw_only=True):
    """End this session, or every session of the account."""

    method = "session.logout"
    everywhere: bool = False


class AccountGet(Command, frozen=True, kw_only=True):
    """Read the own account."""

    method = "account.get"


class AccountUpdate(Command, frozen=True, kw_only=True):
    """
    Change the own account; a new password needs the current one. An empty text removes it.
    A new password ends all other sessions of the account, whose connections are closed with 4001;
    the session that asked goes on, and so do bots.

    The ``country`` decides by whose law one is recorded, what was recorded before included; a
    country that keeps longer lengthens nothing. Where the notice changes, ``notice.changed`` says so.
    """

    method = "account.update"
    username: Username | None = None
    password: Password | None = None
    current_password: AnyPassword | None = None
    email: EmailOrNone | None = None
    avatar_url: HttpUrlOrNone | None = None
    bio: Annotated[str, Meta(max_length=limits.BIO_CHARS)] | None = None
    country: CountryCodeOrNone | None = None


class UserGet(Command, frozen=True, kw_only=True):
    """Read a user's card."""

    method = "user.get"
    user: Id


class IgnoreSet(Command, frozen=True, kw_only=True):
    """Ignore a user, or hear them again. Clients hide what the ignored say; they are not told."""

    method = "ignore.set"
    user: Id
    on: bool


class IgnoreList(Command, frozen=True, kw_only=True):
    """List whom the caller ignores."""

    method = "ignore.list"


class ClockSync(Command, frozen=True, kw_only=True):
    """Probe the server's clock; answered at once, outside every queue."""

    method = "clock.sync"
    t1_us: Micros
