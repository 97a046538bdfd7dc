"""The rendered reference."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocol import codec
from protocol.errors import CloseCode, ErrorCode
from protocol.events import EVENTS
from protocol.limits import RATES, Limits
from protocol.methods import METHODS
from protocol.reference import render, value_types
from protocol.roles import Action
from protocol.scopes import METHOD_SCOPES, SCOPES
from protocol.values import Media, User

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="text", scope="module")
def _text() -> str:
    return render()


def section(text: str, heading: str) -> str:
    """Return the part below a heading, up to the next one."""
    assert f"\n{heading}\n" in text, f"expected a heading {heading}"
    return re.split(r"\n#{2,3} ", text.split(f"\n{heading}\n", 1)[1])[0]


def test_up_to_date(text: str) -> None:
    """The file in the repository is what the code renders: ``make docs`` mends it."""
    assert (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8") == text


def test_printed(text: str) -> None:
    """The module prints the reference."""
    printed = subprocess.run(
        [sys.executable, "-m", "protocol.reference"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert printed.stdout.decode() == text


@pytest.mark.parametrize("name", METHODS)
def test_methods(text: str, name: str) -> None:
    """Every method is there with its params, result, rate class, errors and what it does."""
    method = METHODS[name]
    part = section(text, f"### `{name}`")

    for field in method.params.__struct_fields__:
        assert re.search(rf"^\| `{field}`\??\s", part, re.MULTILINE)
    assert f"`{method.rate}`" in part
    assert all(f"`{code.value}`" in part for code in method.errors)
    assert all(f"{action} (" in part for action in method.actions)
    assert ("*before login*" in part) == method.before_auth
    if not method.before_auth:
        scopes = METHOD_SCOPES.get(name)
        assert ("Not for bots." in part) == (scopes is None)
        assert all(f"`{scope}`" in part for scope in scopes or ())


@pytest.mark.parametrize("name", EVENTS)
def test_events(text: str, name: str) -> None:
    """Every event is there with its fields beyond those of its class."""
    # ``room.members`` is a method too: the events come after the methods.
    part = section(text[text.index("\n## Room events\n") :], f"### `{name}`")
    fields = set(EVENTS[name].__struct_fields__) - {"room", "seq", "at_ms"}

    assert all(f"| `{field}`" in part for field in fields)


def test_values(text: str) -> None:
    """Every type that something refers to is there with its fields."""
    assert {User, Media} <= set(value_types())
    for cls in value_types():
        part = section(text, f"### {cls.__name__}")
        assert all(f"| `{field}`" in part for field in cls.__struct_fields__)  # type: ignore[attr-defined] # structs


def test_codes(text: str) -> None:
    """Every error, close code, limit, rate class, action and scope has its row."""
    rows = [f"| `{code.value}` |" for code in ErrorCode]
    rows += [f"| {code.value} | `{code.word}` |" for code in CloseCode]
    rows += [f"| `{name}` |" for name in (*Limits.__struct_fields__, *RATES)]
    rows += [f"| {action} |" for action in Action]
    rows += [f"| `{scope}` | {meaning} |" for scope, meaning in SCOPES.items()]

    assert not [row for row in rows if row not in text]


def test_links(text: str) -> None:
    """Every link leads to a heading."""
    headings = {
        re.sub(r"[^a-z0-9 _-]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", text))

    assert links
    assert links <= headings


def test_tables(text: str) -> None:
    """Every row of a table has as many cells as its head."""
    for block in re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1, block


def examples_in(text: str) -> list[tuple[Any, bytes]]:
    """Return every example: what the JSON says, and the bytes."""
    pairs = re.findall(r"```json\n(.*?)\n```\n\n```text\n(.*?)\n```", text, re.DOTALL)
    return [(json.loads(shown), bytes.fromhex(rows.replace("\n", " "))) for shown, rows in pairs]


def test_examples(text: str) -> None:
    """The bytes of each example are what its JSON says, in one value."""
    found = examples_in(text)
    assert len(found) == 2 * len(METHODS) + len(EVENTS) + len(ErrorCode) + len(CloseCode) + 1
    for shown, data in found:
        assert list(codec.decode(data, max_bytes=len(data), nesting=32)) == [shown]


@pytest.mark.parametrize("name", METHODS)
def test_examples_of_methods(text: str, name: str) -> None:
    """Each method is shown with a request that the server's own parser takes, and an answer of its shape."""
    (asked, _), (answered, _) = examples_in(section(text, f"### `{name}`"))
    command = codec.parse_command(codec.parse_request(asked))
    reply = codec.parse_reply(answered)

    assert type(command) is METHODS[name].params
    assert isinstance(reply, codec.Response)
    assert reply.result is not None
    assert codec.read(reply.result, METHODS[name].result)


@pytest.mark.parametrize("name", EVENTS)
def test_examples_of_events(text: str, name: str) -> None:
    """Each event is shown with a notification of its shape."""
    [(told, _)] = examples_in(section(text[text.index("\n## Room events\n") :], f"### `{name}`"))
    notification = codec.parse_reply(told)

    assert isinstance(notification, codec.Notification)
    assert notification.name == name
    assert codec.read(notification.params, EVENTS[name])


def test_examples_of_codes(text: str) -> None:
    """Each error and each close code is shown as it is sent, and the limits as they are announced."""
    found = [shown for shown, _ in examples_in(text)]
    errors = {shown[2]["code"] for shown in found if shown[0] == 1 and shown[2] is not None}
    closes = {shown[2]["code"] for shown in found if shown[:2] == [2, "closing"]}
    [announced] = [shown[2] for shown in found if shown[:2] == [2, "hello"] and len(shown[2]) == 2]

    assert errors == set(ErrorCode)
    assert closes >= set(CloseCode)
    assert set(announced["limits"]) == set(Limits.__struct_fields__)
    assert set(announced["rates"]) == set(RATES)


def test_sane_types(text: str) -> None:
    """No Python shows through."""
    assert not re.search(r"msgspec|StructType|<class|Annotated|\bNone\b|\\Z", text)
