"""Discovery: installed hooks are found by name, and a server never starts without one it was told to use."""

from __future__ import annotations

import importlib
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roomserver.config import ConfigError, PrivacyConfig
from roomserver.retention import hooks_from
from storage.privacy.discovery import GROUP, HookError, checked, installed_hooks, load_hooks
from storage.privacy.hooks import Hook, HookChain
from storage.privacy.policyfile import load_policy
from storage.privacy.recorder import InForce, Place, Recorder
from storage.privacy.subjects import Subjects
from tests.storage.builders import NOW, days
from tests.storage.privacy.test_recorder import draft

PACKAGE = Path(__file__).parent / "third_party"
SHIPPED = ["guest-pseudonyms", "mention-tokens", "redact-contacts", "redact-secrets"]


@pytest.fixture(name="installed", scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """
    Install the example package: what an installer leaves of it, in a folder of its own on the path.

    Without an installer, which would want a build tool from the network.
    """
    site = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    shutil.copytree(PACKAGE / "shout_hook", site / "shout_hook")
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    points = project["entry-points"][GROUP]
    lines = [f"[{GROUP}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    yield site
    sys.path.remove(str(site))
    sys.modules.pop("shout_hook", None)


def test_hooks_that_ship() -> None:
    """The hooks that ship with the server are installed with it, and are hooks."""
    assert set(SHIPPED) <= set(installed_hooks())
    assert [hook.name for hook in load_hooks(SHIPPED)] == SHIPPED


def test_a_package_of_somebody_else(installed: Path) -> None:
    """An installed package's hook is found by its name, and has its say over records."""
    assert "no-shouting" in installed_hooks()
    chain = HookChain(load_hooks(["mention-tokens", "no-shouting"]))
    by = Recorder(InForce(load_policy(None), 1), chain, Subjects())
    row = by.event(draft(1, text="LISTEN TO ME"), Place("r1", "den", None))
    assert row is not None
    assert '"listen to me"' in row.payload
    assert row.expires_at_ms == NOW + days(1)


def test_one_that_is_not_there() -> None:
    """A name that is not installed is an error which tells what is; the server does not start."""
    with pytest.raises(HookError, match=r"'no-such-hook': expected one of .*mention-tokens"):
        load_hooks(["no-such-hook"])
    with pytest.raises(ConfigError, match=r"privacy\.hooks: privacy hook 'no-such-hook'"):
        hooks_from(PrivacyConfig(hooks=["no-such-hook"]))


class Old(Hook):
    """A hook of another version."""

    api = 99
    categories = frozenset({"chat"})


class Nowhere(Hook):
    """A hook that sees nothing."""


class Dreaming(Hook):
    """A hook of a category that does not exist."""

    categories = frozenset({"dreams"})


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        (Old(), "expected version 1 of the interface, got 99"),
        (Nowhere(), "expected categories of the registry, got none"),
        (Dreaming(), "expected categories of the registry, got dreams"),
        (object(), "expected a hook with name, api"),
    ],
)
def test_what_is_no_hook(hook: Any, problem: str) -> None:
    """A thing without a hook's parts is refused, naming what is missing."""
    with pytest.raises(HookError, match=problem):
        checked(hook, "x")
