"""The architecture as a test: who may import whom, how big things may grow, and that tests mirror modules."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

import protocol

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGES = ("protocol", "storage", "roomserver", "client_demo")
MODULES = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)

MAY_IMPORT = {
    "protocol": {"protocol"},
    "storage": {"protocol", "storage"},
    "client_demo": {"protocol", "client_demo"},
    "roomserver": {"protocol", "storage", "roomserver"},
}
"""Which of the four packages each may import."""

CORE = Path("roomserver/room")
NOT_IN_THE_CORE = {
    "asyncio",
    "client_demo",
    "datetime",
    "logging",
    "os",
    "random",
    "secrets",
    "socket",
    "storage",
    "structlog",
    "threading",
    "time",
}
"""I/O, clocks and randomness: the core gets instants and ids as arguments."""

NOT_IN_THE_PROTOCOL = {"asyncio", "datetime", "logging", "os", "random", "secrets", "socket", "time"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 6

MIRRORED = ("protocol", "roomserver/room")
"""Packages of which every module has a test file."""


def tree_of(module: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imports_of(module: Path) -> set[str]:
    """Return the dotted names a module imports, inside functions too."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            found.add(node.module or "")
    return found


def tops(module: Path) -> set[str]:
    """Return the top-level packages a module imports."""
    return {name.partition(".")[0] for name in imports_of(module)}


def functions_of(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    doc_lines = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - doc_lines


def test_protocol_is_the_real_one() -> None:
    """The tests import the package, not the directory of its tests."""
    assert protocol.__file__ is not None
    assert TESTS not in Path(protocol.__file__).parents


def test_modules_are_found() -> None:
    """The walk below walks something."""
    assert {Path("protocol/codec.py"), CORE / "booth.py", Path("storage/__init__.py")} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_layers(module: Path) -> None:
    """A package imports only those below it, and no package imports the tests."""
    assert tops(module) & {*PACKAGES, "tests"} <= MAY_IMPORT[module.parts[0]]


@pytest.mark.parametrize("module", [path for path in MODULES if CORE in path.parents], ids=str)
def test_core_is_pure(module: Path) -> None:
    """The room core knows no I/O, no clock and no randomness, and nothing of the server around it."""
    assert not tops(module) & NOT_IN_THE_CORE
    inside = {name for name in imports_of(module) if name.startswith("roomserver")}
    assert all(name == "roomserver.room" or name.startswith("roomserver.room.") for name in inside)


@pytest.mark.parametrize("module", [path for path in MODULES if path.parts[0] == "protocol"], ids=str)
def test_protocol_is_data(module: Path) -> None:
    """The protocol knows no I/O, no clock and no randomness."""
    assert not tops(module) & NOT_IN_THE_PROTOCOL


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_names(module: Path) -> None:
    """A module is named after what it holds."""
    assert not {*module.parts[:-1], module.stem} & VAGUE


TOO_LONG: dict[Path, str] = {}
"""Known breaches; strict, so that whoever mends one strikes it off."""


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(path, marks=pytest.mark.xfail(reason=TOO_LONG[path])) if path in TOO_LONG else path
        for path in MODULES
    ],
    ids=str,
)
def test_sizes(module: Path) -> None:
    """Modules, functions and constructors stay small enough to read."""
    lines = (ROOT / module).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MODULE_LINES, f"{module} has {len(lines)} lines"
    for function in functions_of(module):
        length = length_of(function)
        assert length <= FUNCTION_LINES, f"{module}:{function.lineno} {function.name} has {length} lines"
        if function.name == "__init__":
            arguments = function.args
            count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]) - 1
            assert count <= PARAMETERS, f"{module}:{function.lineno} takes {count} parameters"


def test_every_test_has_a_module() -> None:
    """A test file below a package's name tests the module of its name."""
    orphans = [
        path.relative_to(ROOT)
        for path in TESTS.rglob("test_*.py")
        if (inside := path.relative_to(TESTS)).parts[0] in PACKAGES
        if not (ROOT / inside.parent / f"{inside.stem.removeprefix('test_')}.py").exists()
        and not (ROOT / inside.parent / inside.stem.removeprefix("test_")).is_dir()
    ]

    assert not orphans


@pytest.mark.parametrize(
    "module",
    [
        path
        for path in MODULES
        if path.parent.as_posix() in MIRRORED and path.name not in {"__init__.py", "__main__.py"}
    ],
    ids=str,
)
def test_every_module_has_a_test(module: Path) -> None:
    """Every module of the mirrored packages has its test file."""
    assert (TESTS / module.parent / f"test_{module.name}").exists()


def test_every_directory_is_a_package() -> None:
    """Every test directory has an ``__init__``, else ``tests/protocol`` would shadow ``protocol``."""
    directories = {path.parent for path in TESTS.rglob("*.py")}

    assert not [path for path in directories if not (path / "__init__.py").exists()]


PACED = {
    "tests/end_to_end/test_kill.py": "a load has a pace, and a kill comes at a random moment of it",
    "tests/benchmarks/": "what is measured has a pace",
    "tests/support/crowd.py": "people in a load have a pace too",
    "tests/chaos/": "a network fails at moments of its own",
    "tests/simulation/": "its time is virtual: a sleep there takes none",
    "tests/benchmarks/page.py": "a flood of messages has a pace: each is sent at its planned instant",
    "tests/faults/": "a process is stopped, starved and slowed for real, for as long as the fault lasts",
    "tests/soak/": "a crowd has a pace",
    "tests/attacks/": "an attack has a pace, and so have those who behave meanwhile",
    "tests/sync/": "music takes its time, and a late network is late",
}
"""Paths, or beginnings of paths, that may sleep, and why."""


def test_no_sleeps() -> None:
    """No test waits for real time, but for a load that says why."""
    sleepers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and not path.relative_to(ROOT).as_posix().startswith(tuple(PACED))
        and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "sleep"}
        and [ast.unparse(argument) for argument in node.args] != ["0"]
    ]

    assert not sleepers


def test_layers_have_no_cycle() -> None:
    """No two packages import each other."""
    for one, other in itertools.combinations(PACKAGES, 2):
        assert not (other in MAY_IMPORT[one] and one in MAY_IMPORT[other])
