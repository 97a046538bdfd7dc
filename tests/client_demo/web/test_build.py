"""The web client builds, keeps its budget, and never turns people's text into HTML."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

from client_demo.web import build

SOURCES = [
    path
    for package in (build.SDK, build.WEB)
    for path in (package / "src").rglob("*")
    if path.suffix in {".ts", ".tsx", ".html"}
]
GENERATED = "protocol.ts"


def test_user_text_never_becomes_html() -> None:
    """No source writes text as HTML, by any of the ways a page has."""
    ways = re.compile(r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write")

    assert SOURCES
    assert [path.name for path in SOURCES if ways.search(path.read_text(encoding="utf-8"))] == []


def test_no_inline_style_or_script_which_the_policy_refuses() -> None:
    """The page needs nothing that the Content-Security-Policy refuses."""
    inline = re.compile(r"\sstyle=|<style|<script>|\son[a-z]+=\"")

    assert [path.name for path in SOURCES if inline.search(path.read_text(encoding="utf-8"))] == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Scripts, styles and fonts come from this server alone."""
    page = (build.WEB / "src" / "index.html").read_text(encoding="utf-8")

    assert re.findall(r"(?:src|href)=\"(?!/)[^\"]*", page) == []


def test_modules_stay_small() -> None:
    """The web client keeps to the budget of lines as the rest does."""
    long = [
        path.name
        for path in SOURCES
        if path.name != GENERATED and len(path.read_text(encoding="utf-8").splitlines()) > 400
    ]

    assert long == []


def test_the_lock_file_names_no_private_registry() -> None:
    """The lock file can be used anywhere."""
    lock = (build.WORKSPACE / "package-lock.json").read_text(encoding="utf-8")

    hosts = set(re.findall(r"\"resolved\": \"https?://([^/\"]+)", lock))

    assert hosts <= {"registry.npmjs.org"}


@pytest.mark.slow
def test_build_writes_hashed_assets_once() -> None:
    """A second build of unchanged sources does nothing."""
    build.build()

    page = (build.DIST / "index.html").read_text(encoding="utf-8")
    assets = re.findall(r"/(assets/(?:app|style)-[A-Z0-9]{8}\.(?:js|css))", page)
    assert len(assets) == 2
    assert all((build.DIST / asset).is_file() for asset in assets)
    assert build.build() is False


@pytest.mark.slow
def test_types_and_unit_tests_pass() -> None:
    """TypeScript is strict-clean and its unit tests pass."""
    assert build.main(["--check"]) == 0


def test_a_missing_node_and_a_failing_pip_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Node and without PyPI the build says what to do."""
    false = shutil.which("false") or "false"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "executable", false)

    with pytest.raises(build.BuildError, match="expected Node 20"):
        build.find_tools()


def test_a_failed_step_shows_what_the_tool_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failing tool is quoted, not swallowed."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'registry unreachable' >&2\nexit 7\n", encoding="ascii")
    npm.chmod(0o755)
    monkeypatch.setattr(build, "find_tools", lambda: build.Tools(("node",), (str(npm),)))
    monkeypatch.setattr(build, "DIST", tmp_path / "dist")
    monkeypatch.setattr(build, "MODULES", tmp_path / "node_modules")

    assert build.main([]) == 1
    told = capsys.readouterr().err
    assert "installing packages failed (exit status 7)" in told
    assert "registry unreachable" in told
