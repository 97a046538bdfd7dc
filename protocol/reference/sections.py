"""The sections of the reference, each rendered from its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from protocol import results, values
from protocol.errors import CLOSE_MEANINGS, ERRORS, ErrorCode, close_verdict
from protocol.events import DIRECT_EVENTS, LATEST_EVENTS, ROOM_EVENTS, Event, RoomEvent
from protocol.limits import BOT_RATES, RATES, Limits
from protocol.methods import METHODS, Method
from protocol.reference import examples, prose
from protocol.reference.shapes import (
    field_rows,
    sentence,
    struct_link,
    table,
    value_types,
)
from protocol.roles import PERMISSIONS, Role, may
from protocol.scopes import METHOD_SCOPES, SCOPES


def _permission(method: Method) -> str:
    if not method.actions:
        return ""
    parts = [f"{action} ({PERMISSIONS[action].role.wire})" for action in method.actions]
    return f"Role: {'; '.join(parts)}."


def _bots(name: str) -> str:
    """Say which bots may call a method."""
    scopes = METHOD_SCOPES.get(name)
    if scopes is None:
        return "Not for bots."
    if not scopes:
        return "Any bot."
    return f"Scope: {' or '.join(f'`{scope}`' for scope in SCOPES if scope in scopes)}."


def _method(name: str, method: Method) -> list[str]:
    errors = ", ".join(f"`{code.value}`" for code in method.errors)
    notes = [
        f"Rate class `{method.rate}`.",
        _permission(method),
        f"Errors: {errors}." if errors else "",
        "Works *before login*." if method.before_auth else _bots(name),
    ]
    result = list(field_rows(method.result))
    answer = "Answers an empty map." if not result else "Answers:"
    if method.result.__module__ == values.__name__:
        answer, result = f"Answers a {struct_link(method.result)}.", []
    elif method.result is not results.Empty and (doc := sentence(method.result)):
        answer = f"Answers: {doc[0].lower()}{doc[1:]}"
    return [
        f"### `{name}`",
        "",
        sentence(method.params),
        "",
        " ".join(note for note in notes if note),
        "",
        *(table("| param | type |", field_rows(method.params)) or ["No params.", ""]),
        answer,
        "",
        *table("| result | type |", result),
        *examples.method_block(name),
    ]


def methods_section() -> Iterator[str]:
    """Render every method."""
    yield from ("## Methods", "", prose.NOTATION, "")
    general = ", ".join(f"`{code.value}`" for code in _general())
    yield f"Every method may also answer {general}."
    yield "The role in brackets is the lowest one that may; see [Roles](#roles). A bot needs the scope too;"
    yield "see [Scopes](#scopes)."
    yield ""
    for name, method in METHODS.items():
        yield from _method(name, method)


def _general() -> list[ErrorCode]:
    # The general codes come first in the enumeration, the domain's follow.
    codes = list(ErrorCode)
    return codes[: codes.index(ErrorCode.INVALID_CREDENTIALS)]


def _event_section(
    title: str, intro: str, events: dict[str, type[Event]], without: Iterable[str]
) -> Iterator[str]:
    yield from (f"## {title}", "", intro, "")
    for name, struct in events.items():
        yield from (f"### `{name}`", "", sentence(struct), "")
        yield from table("| field | type |", field_rows(struct, without))
        yield from examples.event_block(struct)


def events_section() -> Iterator[str]:
    """Render every event, by its class."""
    envelope = set(RoomEvent.__struct_fields__)
    intro = "Durable changes of a room. Each also carries `room` (its id), `seq` and `at_ms`."
    yield from _event_section("Room events", intro, {**ROOM_EVENTS}, envelope)
    intro = "Values that replace each other, without `seq`. Each also carries `room`."
    yield from _event_section("Latest-value events", intro, {**LATEST_EVENTS}, {"room"})
    intro = "Notifications to one connection, or to all connections of one user."
    yield from _event_section("Direct notifications", intro, {**DIRECT_EVENTS}, ())


def values_section() -> Iterator[str]:
    """Render every type that params, results and events refer to."""
    yield from ("## Types", "")
    for cls in value_types():
        yield from (f"### {cls.__name__}", "", sentence(cls), "")
        yield from table("| field | type |", field_rows(cls))


def roles_section() -> Iterator[str]:
    """Render the matrix of roles and actions."""
    yield from ("## Roles", "")
    yield "A role holds in one room; `admin` holds everywhere. Staff act on lower roles only, and grant"
    yield "roles below their own; `host` changes by transfer alone."
    yield ""
    head = f"| action | {' | '.join(role.wire for role in Role)} | |"
    rows = []
    for action, permission in PERMISSIONS.items():
        cells = " | ".join("✓" if may(role, action) else "" for role in Role)
        rows.append(f"| {action} | {cells} | {permission.note} |")
    yield from table(head, rows)


def scopes_section() -> Iterator[str]:
    """Render the scopes of bots."""
    yield from ("## Scopes", "")
    yield from (prose.SCOPES, "")
    rows = (f"| `{scope}` | {meaning} |" for scope, meaning in SCOPES.items())
    yield from table("| scope | a bot with it may |", rows)


def codes_section() -> Iterator[str]:
    """Render error and close codes."""
    yield from ("## Errors", "")
    yield "An error is a map of `code`, `message` (for people), `temporary` (whether the same request may"
    yield "succeed later), and facts such as `field`, `retry_after_ms`, `needs`, `limit` or `play_id`."
    yield ""
    errors = (f"| `{c.value}` | {'yes' if e.temporary else 'no'} | {e.meaning} |" for c, e in ERRORS.items())
    yield from table("| code | temporary | meaning |", errors)
    blocks = [line for code in ERRORS for line in examples.error_block(code)]
    yield from examples.folded("An example of each", blocks)
    yield from ("## Close codes", "")
    yield "The hundreds digit says what to do: 40xx stop, 41xx back off and resume, 42xx reconnect now and"
    yield "resume. Of the codes of RFC 6455, 1002, 1003, 1007, 1008 and 1009 mean stop; all others back off."
    yield ""
    closes = (
        f"| {code.value} | `{code.word}` | {close_verdict(code)} | {meaning} |"
        for code, meaning in CLOSE_MEANINGS.items()
    )
    yield from table("| code | reason | do | meaning |", closes)
    blocks = [line for code in CLOSE_MEANINGS for line in examples.close_block(code)]
    yield from examples.folded("What is said before each", blocks)


def limits_section() -> Iterator[str]:
    """Render limits and rates."""
    yield from ("## Limits and rates", "", "The defaults; `hello` announces those in force.", "")
    announced = Limits()
    rows = (f"| `{name}` | {getattr(announced, name)} |" for name in Limits.__struct_fields__)
    yield from table("| limit | value |", rows)
    yield "A rate is a token bucket per user: `burst` requests at once, one more every `per_ms` milliseconds."
    yield ""
    yield "Bots have their own rates, which come with their session."
    yield ""
    rates = (
        f"| `{name}` | {rate.burst} | {rate.per_ms} | {BOT_RATES[name].burst} | {BOT_RATES[name].per_ms} |"
        for name, rate in RATES.items()
    )
    yield from table("| rate class | burst | per_ms | bots: burst | per_ms |", rates)
    yield from examples.folded("As announced", examples.limits_block())
