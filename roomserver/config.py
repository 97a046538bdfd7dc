"""
Configuration: flags over environment over file over defaults.

The file is TOML. Unknown keys and wrong types are errors that name the line; all problems
are reported at once. Each part of the server gets its own group, never the whole.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import asdict, fields

from protocol.limits import RATES, Rate

ENVIRONMENT_PREFIX = "ROOMSERVER_"
WEB_CLIENT = Path(__file__).resolve().parent.parent / "client_demo" / "web" / "dist"
"""Where the build leaves the web client, beside this package."""

DATABASE = "roomserver.db"
"""The database's name in the data folder."""


RateText = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,6}/[1-9][0-9]{0,6}$")]
"""``BURST/PER_MS``: so many requests at once, then one more every so many milliseconds."""


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ListenConfig(_Group, frozen=True, kw_only=True):
    """Where the server listens and which pages may talk to it."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` or `::` for all."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    """0 takes any free port."""
    origins: list[str] = []
    """Origins of other sites whose pages may connect, such as ``https://radio.example``."""


class DoorConfig(_Group, frozen=True, kw_only=True):
    """
    What one network may do: an IPv4 address, or a /64 of IPv6.

    Rates are ``BURST/PER_MS``. People behind one router share them, hence they are wide.
    """

    trusted_proxies: list[str] = []
    """
    Addresses or networks of reverse proxies whose ``X-Forwarded-For`` is believed. Without
    them everybody behind a proxy is one network.
    """
    exempt: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.0/8", "::1/128"])
    """Networks that nothing here limits: this machine, such as bots that run beside the server."""
    connections: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    """Connections at a time."""
    connections_total: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    """Connections of all networks together; 0 is as many as the process may open files, less 200."""
    handshakes: RateText = "60/500"
    """WebSocket handshakes."""
    requests: RateText = "300/50"
    """Plain HTTP requests."""
    guests: RateText = "30/2000"
    """New guests."""
    registrations: RateText = "10/60000"
    """New accounts."""
    passwords: RateText = "20/3000"
    """Passwords to check, of accounts and rooms: each costs a slow hash."""
    wrong_passwords: RateText = "10/20000"
    """
    Wrong passwords for one account, from everywhere together. Whoever uses it up for somebody
    else keeps them from logging in meanwhile, but not from being logged in.
    """

    def __post_init__(self) -> None:
        """Refuse what is no network."""
        for text in (*self.trusted_proxies, *self.exempt):
            ipaddress.ip_network(text, strict=False)


class StorageConfig(_Group, frozen=True, kw_only=True):
    """Where everything is kept."""

    data: str = "data"
    """A folder, made when it is missing."""
    web: str = str(WEB_CLIENT)
    """The built web client."""


class RoomsConfig(_Group, frozen=True, kw_only=True):
    """Durations of rooms, in milliseconds."""

    lead_in_ms: Annotated[int, Meta(ge=0, le=10_000)] = 2000
    """How long before its start a play is announced."""
    skip_lead_ms: Annotated[int, Meta(ge=0, le=10_000)] = 1500
    """How long after a skip the next play starts, for everybody at once."""
    cue_ms: Annotated[int, Meta(ge=0, le=120_000)] = 12_000
    """How long before a play's end what comes next is told, for players to load it."""
    grace_ms: Annotated[int, Meta(ge=0, le=600_000)] = 30_000
    """How long somebody without a connection keeps presence, place and booth."""


class AuthConfig(_Group, frozen=True, kw_only=True):
    """The cost of a password hash; the defaults are argon2-cffi's (RFC 9106, low memory)."""

    argon2_time_cost: Annotated[int, Meta(ge=1, le=20)] = 3
    """Passes over the memory."""
    argon2_memory_kib: Annotated[int, Meta(ge=32, le=4_194_304)] = 65_536
    """At least 8 KiB for each of argon2's four lanes."""


class MediaConfig(_Group, frozen=True, kw_only=True):
    """Whether and how the server itself looks at pasted links (``media.resolve``)."""

    resolver: Annotated[str, Meta(pattern="^(off|yt-dlp)$")] = "off"
    """``yt-dlp`` needs the extra ``roomserver[resolver]``."""
    allow_private_addresses: bool = False
    """Also look at links into the operator's own network. Anyone with an account can then probe it."""


class ChatConfig(_Group, frozen=True, kw_only=True):
    """What messages pass through before a room sees them."""

    blocked_words: list[str] = []
    """Messages with one of these words are refused."""
    filters: list[str] = []
    """Names of installed chat filters (entry point group ``roomserver.chat_filters``), in order."""


def _told(name: str) -> str:
    return f"{RATES[name].burst}/{RATES[name].per_ms}"


class RatesConfig(_Group, frozen=True, kw_only=True):
    """
    How often a user may ask, by class of methods, as ``BURST/PER_MS``.

    Announced in ``hello`` and enforced as announced. A load test of more than people would
    send raises them, on a server that is there for the test.
    """

    chat: RateText = _told("chat")
    """Saying and deleting."""
    vote: RateText = _told("vote")
    """Votes, grabs, votes to skip."""
    queue: RateText = _told("queue")
    """Waitlist and booth."""
    playlist: RateText = _told("playlist")
    """Changes of playlists."""
    moderate: RateText = _told("moderate")
    """Acting on others, settings, staff."""
    join: RateText = _told("join")
    """Entering and leaving rooms."""
    read: RateText = _told("read")
    """Lists, pages, histories."""
    auth: RateText = _told("auth")
    """Logging in, registering, changing the account."""
    clock: RateText = _told("clock")
    """`clock.sync`."""
    privacy: RateText = _told("privacy")
    """Exports, erasure, consents."""


class PrivacyConfig(_Group, frozen=True, kw_only=True):
    """What is recorded, and for how long."""

    policy: str = ""
    """A file of the operator's own policy, laid over the shipped one; see docs/privacy.md."""
    contact: Annotated[str, Meta(pattern=r"^([^@\s]+@[^@\s]+|https?://\S+)?\Z", max_length=254)] = ""
    """Where people reach you, by mail or on the web: told under ``/privacy`` and to frozen accounts."""
    hooks: list[str] = msgspec.field(default_factory=lambda: ["mention-tokens"])
    """Names of installed privacy hooks (entry point group ``roomserver.privacy``) that records pass."""
    accept_missing_ledger: bool = False
    """Start although the ledger of erasures is damaged or gone: erased people may come back."""


class MailConfig(_Group, frozen=True, kw_only=True):
    """The SMTP server that letters go out by; without a host no mail is sent."""

    host: str = ""
    """Its name; empty sends no mail."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    """Its port: 587 for `starttls`, 465 for `tls`."""
    security: Annotated[str, Meta(pattern="^(starttls|tls|none)$")] = "starttls"
    """`starttls`, `tls`, or `none` for a server on this machine."""
    username: str = ""
    """Whom it knows us as; empty logs in as nobody."""
    password: str = ""
    """The password; better in the environment than in a file."""
    sender: str = "roomserver <noreply@localhost>"
    """From whom letters come."""
    url: str = "http://localhost:8080"
    """Where people reach this server; links in letters begin with it."""
    postal_address: str = ""
    """The operator's, at the foot of advertising mail: the law of some places asks for it."""


class LogConfig(_Group, frozen=True, kw_only=True):
    """What is logged and how; never chat, names or addresses."""

    level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    """`debug`, `info`, `warning` or `error`."""
    format: Annotated[str, Meta(pattern="^(auto|text|json)$")] = "auto"
    """``auto``: text on a terminal, JSON otherwise."""


class AdminConfig(_Group, frozen=True, kw_only=True):
    """What is there for the operator alone."""

    listen: Annotated[str, Meta(pattern=r"^(|unix:.+|(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+):[0-9]{1,5})$")] = ""
    """
    Where ``/metrics``, ``/healthz`` and ``/readyz`` are served: ``HOST:PORT`` or ``unix:PATH``.
    Nobody is asked for a password there.
    """
    public_metrics: bool = False
    """
    Without ``admin.listen``: serve ``/metrics`` on the public address, to this machine alone. A proxy
    here that sets no ``X-Forwarded-For`` makes it everybody's.
    """


class DrainConfig(_Group, frozen=True, kw_only=True):
    """How clients are let go when the server stops (SIGTERM), and told to come back."""

    notice_ms: Annotated[int, Meta(ge=0, le=60_000)] = 200
    """Between the notification ``reconnect`` and the end, for what is under way."""
    restart_ms: Annotated[int, Meta(ge=0, le=600_000)] = 1000
    """How long a restart takes: nobody should return earlier."""
    returns_per_second: Annotated[int, Meta(ge=1, le=100_000)] = 500
    """How many clients may return in a second; the more there are, the longer they are spread."""


class Config(_Group, frozen=True, kw_only=True):
    """All groups."""

    listen: ListenConfig = ListenConfig()
    door: DoorConfig = DoorConfig()
    admin: AdminConfig = AdminConfig()
    storage: StorageConfig = StorageConfig()
    rooms: RoomsConfig = RoomsConfig()
    auth: AuthConfig = AuthConfig()
    media: MediaConfig = MediaConfig()
    chat: ChatConfig = ChatConfig()
    rates: RatesConfig = RatesConfig()
    drain: DrainConfig = DrainConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    mail: MailConfig = MailConfig()
    log: LogConfig = LogConfig()


class ConfigError(Exception):
    """What is wrong with the configuration: one line per problem, with where it is."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


def data_folder(config: StorageConfig) -> Path:
    """Return the folder that keeps everything, made for this user alone if it was missing."""
    folder = Path(config.data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def rates_of(config: RatesConfig) -> dict[str, Rate]:
    """Return the token buckets' sizes by rate class."""
    return {name: rate_of(text) for name, text in asdict(config).items()}


def rate_of(text: str) -> Rate:
    """Return the token bucket of a :data:`RateText`."""
    burst, per_ms = text.split("/")
    return Rate(burst=int(burst), per_ms=int(per_ms))


def load(path: Path | None, environ: Mapping[str, str], flags: Mapping[tuple[str, str], object]) -> Config:
    """
    Return the effective configuration.

    ``flags`` maps (group, key) to a value given on the command line; the environment names
    a key ``ROOMSERVER_GROUP__KEY``.

    Raises:
        ConfigError: with every problem found.

    """
    values, problems = ({}, []) if path is None else _from_file(path)
    from_environ, more = _from_environ(environ)
    problems += more
    for group, pairs in from_environ.items():
        values.setdefault(group, {}).update(pairs)
    for (group, key), value in flags.items():
        values.setdefault(group, {})[key] = value
    if problems:
        raise ConfigError(problems)
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as exc:
        raise ConfigError([str(exc)]) from None


_GROUPS: dict[str, type[_Group]] = {field.name: field.type for field in fields(Config)}


def _from_file(path: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except OSError as exc:
        return {}, [f"{path}: cannot be read: {exc.strerror}"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        return {}, [f"{path}: expected TOML: {exc}"]
    return values, [
        f"{path}:{_line_of(text, group, key)}: {problem}" for group, key, problem in _check(values)
    ]


def _check(values: Mapping[str, Any]) -> list[tuple[str, str | None, str]]:
    """Return (group, key, problem) for everything a file holds that the server does not know or take."""
    problems: list[tuple[str, str | None, str]] = []
    for group, pairs in values.items():
        shape = _GROUPS.get(group)
        if shape is None or not isinstance(pairs, dict):
            expected = ", ".join(f"[{name}]" for name in _GROUPS)
            problems.append((group, None, f"expected one of {expected}, got {group!r}"))
            continue
        known = {field.name: field.type for field in fields(shape)}
        for key, value in pairs.items():
            if key not in known:
                problems.append((group, key, f"expected one of {', '.join(known)}, got {key!r}"))
                continue
            try:
                msgspec.convert({key: value}, shape)
            except msgspec.ValidationError as exc:
                problems.append((group, key, f"{group}.{key}: {str(exc).partition(' - at')[0]}"))
    return problems


def _line_of(text: str, group: str, key: str | None) -> int:
    """Return the line of a key, or of a group's header; 1 when it is written in another style."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([\w-]+)\s*\]", line)
        if header:
            current = header[1]
            if key is None and current == group:
                return number
        elif (assigned := re.match(r"\s*\"?([\w.-]+)\"?\s*=", line)) is not None:
            name = f"{current}.{assigned[1]}" if current else assigned[1]
            if name == (group if key is None else f"{group}.{key}"):
                return number
    return 1


def _from_environ(environ: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    values: dict[str, dict[str, Any]] = {}
    problems = []
    for name, text in environ.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or "__" not in name:
            continue
        group, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        shape = _GROUPS.get(group)
        known = {} if shape is None else {field.name: field.type for field in fields(shape)}
        if shape is None or key not in known:
            problems.append(f"{name}: expected the name of a setting, such as ROOMSERVER_LISTEN__PORT")
            continue
        value: object = text.split(",") if known[key] == list[str] else text
        try:
            parsed = msgspec.convert({key: value}, shape, strict=False)
        except msgspec.ValidationError as exc:
            problems.append(f"{name}: {str(exc).partition(' - at')[0]}")
            continue
        values.setdefault(group, {})[key] = getattr(parsed, key)
    return values, problems
