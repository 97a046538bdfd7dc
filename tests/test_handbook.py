"""The samples of docs/privacy.md: the policy can be loaded, and the hook is a good one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import DAY_MS
from storage.privacy.hooks import RecordContext
from storage.privacy.policy import Recording
from storage.privacy.policyfile import load_policy
from storage.privacy.precedence import contradictions
from storage.privacy.testing import HookContract

HANDBOOK = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text(encoding="utf-8")


def sample(language: str) -> str:
    """Return the one block of a language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", HANDBOOK, re.MULTILINE | re.DOTALL)
    return str(code)


def hook_of_the_handbook() -> Any:
    """Return the hook that the sample defines."""
    defined: dict[str, Any] = {"__name__": "handbook"}
    exec(sample("python"), defined)
    return defined["NoShouting"]()


class TestNoShouting(HookContract):
    """The sample keeps the contract that it explains."""

    def make(self) -> Any:
        """Return the sample's hook."""
        return hook_of_the_handbook()


@pytest.mark.parametrize(
    ("said", "verdict", "kept"), [("HELLO", Recording.REDACT, "hello"), ("Hello", Recording.ALLOW, None)]
)
def test_shouting(said: str, verdict: Recording, kept: str | None) -> None:
    """What is shouted is recorded in small letters, the rest as it is."""
    context = RecordContext(
        category="chat",
        kind="chat.message",
        room_id="r1",
        actor_id="u1",
        roles=frozenset({"user"}),
        jurisdiction="DEFAULT",
        at_ms=0,
        policy_rev=1,
        body={"id": "m1", "text": said},
        names={},
    )
    decision = hook_of_the_handbook().before_record(context)

    assert decision.verdict is verdict
    assert (decision.body or {}).get("text") == kept


def test_policy(tmp_path: Path) -> None:
    """The policy of the handbook is taken as it stands, over the shipped one."""
    path = tmp_path / "privacy.toml"
    path.write_text(sample("toml"), encoding="utf-8")
    policy = load_policy(path)

    assert contradictions(policy) == []
    assert policy.categories["chat"].ttl_ms == 14 * DAY_MS
    assert policy.categories["presence"].record is Recording.DROP
    assert policy.rooms["lobby"]["chat"].ttl_ms == DAY_MS
    assert policy.jurisdiction("CH").min_age == 16
