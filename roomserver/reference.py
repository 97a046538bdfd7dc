"""
The reference parts of ``docs/operations.md``, rendered from the code: ``python -m roomserver.reference``.

What stands between a pair of marks such as ``<!-- settings -->`` and ``<!-- /settings -->`` is
written anew; everything else is left as it is. A test checks that the file is up to date.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from roomserver import config as settings_module
from roomserver.cli.command import Argument, Command
from roomserver.cli.program import COMMANDS
from roomserver.config import WEB_CLIENT, Config
from roomserver.metrics.catalog import METRICS


def settings() -> Iterator[str]:
    """Yield a table for each group of settings."""
    meanings = _meanings()
    for group in fields(Config):
        yield f"### `[{group.name}]`"
        yield ""
        yield _cell(inspect.getdoc(group.type) or "")
        yield ""
        yield "| setting | default | meaning |"
        yield "|---|---|---|"
        for key in fields(group.type):
            meaning = meanings[group.type.__name__].get(key.name, "")
            yield f"| `{key.name}` | {_default(key)} | {_cell(meaning)} |"
        yield ""


def metrics() -> Iterator[str]:
    """Yield the table of metrics."""
    yield "| metric | kind | labels | meaning |"
    yield "|---|---|---|---|"
    for metric in METRICS.values():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.full_name}` | {metric.kind} | {labels} | {_cell(metric.help)} |"


def commands() -> Iterator[str]:
    """Yield every command with its arguments."""
    for command in COMMANDS:
        yield f"- `roomserver {command.name}{_usage(command)}`: {command.help}"
        for argument in command.arguments:
            if argument.options.get("help"):
                yield f"  - `{_argument(argument)}`: {argument.options['help']}"


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": settings,
    "metrics": metrics,
    "commands": commands,
}
"""The marked parts of the document."""


def rendered(document: str) -> str:
    """Return a document with its marked parts as the code is now."""
    for name, section in SECTIONS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        before, _, rest = document.partition(start)
        _, mark, after = rest.partition(end)
        assert mark, f"expected {start.strip()} and {end.strip()} in the document"
        body = "\n".join(section()).strip("\n")
        document = f"{before}{start}\n{body}\n\n{end}{after}"
    return document


def _meanings() -> dict[str, dict[str, str]]:
    """Return what stands under each setting in the source: by class, by name."""
    tree = ast.parse(inspect.getsource(settings_module))
    found: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        own = found[node.name] = {}
        for one, following in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(one, ast.AnnAssign)
                and isinstance(one.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
            ):
                own[one.target.id] = inspect.cleandoc(str(following.value.value))
    return found


def _default(key: FieldInfo) -> str:
    value: Any = key.default_factory() if key.default is NODEFAULT else key.default
    if value == str(WEB_CLIENT):
        return "the built one"
    # JSON writes scalars and lists of them as TOML does.
    return f"`{msgspec.json.encode(value).decode()}`"


def _usage(command: Command) -> str:
    positional = [names[0].upper() for names, _ in command.arguments if not names[0].startswith("-")]
    return "".join(f" {name}" for name in positional)


def _argument(argument: Argument) -> str:
    name = argument.names[0]
    if not name.startswith("-"):
        return name.upper()
    if argument.options.get("action") == "store_true":
        return name
    shown = (
        argument.options.get("metavar") or argument.options.get("dest") or name.strip("-").replace("-", "_")
    )
    return f"{name} {shown.upper()}"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`").replace("|", "\\|"))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rendered(path.read_text(encoding="utf-8")), encoding="utf-8")
