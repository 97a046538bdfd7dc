"""Policies from TOML: laid over the shipped one, every problem reported with its path, none let through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.limits import DAY_MS, HOUR_MS, MINUTE_MS
from storage.privacy.policy import EEA, Range, Recording, Rule
from storage.privacy.policyfile import PolicyError, load_policy, policy_of

WHOLE = """
schema = 1
[promise]
row_deleted_after_expiry = "10m"
[defaults]
shorten_cooloff = "24h"
max_sweep_fraction = 0.5
[category.chat]
ttl = "14d"
[category.presence]
record = "pseudonymise"
[room_limits]
chat = { min = "1h", max = "14d" }
[room.lobby]
chat = { ttl = "24h" }
[role.guest]
chat = { ttl = "12h", record = "pseudonymise" }
[jurisdiction.AT]
inherits = "EU"
min_age = 14
[provider.soundcloud]
media = { ceiling = "7d" }
"""


def problems(document: dict[str, Any]) -> list[str]:
    """Return what is wrong with a document."""
    with pytest.raises(PolicyError) as caught:
        policy_of(document)
    return caught.value.problems


def test_the_shipped_policy() -> None:
    """Without a file the shipped policy holds, and it does not contradict itself."""
    policy = load_policy(None)

    assert policy.categories["chat"].ttl_ms == 30 * DAY_MS
    assert policy.cooloff_ms == 72 * HOUR_MS
    assert (policy.promise.row_ms, policy.promise.bytes_ms) == (15 * MINUTE_MS, 60 * MINUTE_MS)
    assert policy.room_limits == {"chat": Range(0, 90 * DAY_MS)}
    assert policy.raw_address_ms == 7 * DAY_MS
    assert policy.inactive_ms == 730 * DAY_MS


def test_a_whole_file(tmp_path: Path) -> None:
    """A file is laid over the shipped policy: what it does not say stays."""
    path = tmp_path / "privacy.toml"
    path.write_text(WHOLE, encoding="utf-8")
    policy = load_policy(path)

    assert policy.promise == (10 * MINUTE_MS, 60 * MINUTE_MS)
    assert policy.categories["chat"] == Rule(14 * DAY_MS, None, 90 * DAY_MS, None)
    assert policy.categories["presence"].record is Recording.PSEUDONYMISE
    assert policy.rooms["lobby"]["chat"].ttl_ms == DAY_MS
    assert policy.roles["guest"]["chat"] == Rule(12 * HOUR_MS, record=Recording.PSEUDONYMISE)
    assert policy.providers["soundcloud"]["media"].ceiling_ms == 7 * DAY_MS
    assert policy.sweep_fraction == 0.5


@pytest.mark.parametrize("time", ["59d", "3651d", "forever", 5])
def test_unused_accounts(time: object) -> None:
    """An unused account lives for sixty days to ten years: longer than the warnings, and not for ever."""
    assert policy_of({"defaults": {"inactive_account": "60d"}}).inactive_ms == 60 * DAY_MS
    found = problems({"defaults": {"inactive_account": time}})
    assert f'defaults.inactive_account: expected "60d" to "3650d", got {time!r}' in found


def test_jurisdictions() -> None:
    """A country has its own profile, that of the EU as a member, or that of the unknown."""
    policy = policy_of({"jurisdiction": {"AT": {"inherits": "EU", "min_age": 14}}})

    assert policy.jurisdiction("at").name == "AT"
    assert policy.jurisdiction("AT").require_ack
    assert policy.jurisdiction("AT").rules == policy.jurisdictions["EU"].rules
    assert policy.jurisdiction("AT").min_age == 14
    assert policy.jurisdiction("IT").name == "EU"
    assert policy.jurisdiction("BR").name == policy.jurisdiction(None).name == "DEFAULT"
    assert {"NO", "IS", "LI"} < EEA


def test_fingerprint() -> None:
    """Policies that decide alike are one, whatever the order they were written in."""
    assert policy_of({}).fingerprint() == policy_of({}).fingerprint()
    one = policy_of({"room": {"a": {"chat": {"ttl": "1h"}}, "b": {"chat": {"ttl": "2h"}}}})
    other = policy_of({"room": {"b": {"chat": {"ttl": "120m"}}, "a": {"chat": {"ttl": "60m"}}}})
    assert one.fingerprint() == other.fingerprint() != policy_of({}).fingerprint()


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"schema": 2}, "schema: expected 1, got 2"),
        ({"chats": {}}, "chats: expected one of schema, promise"),
        ({"category": {"dreams": {}}}, "category.dreams: expected one of account, chat"),
        ({"category": {"chat": {"tll": "1d"}}}, "category.chat.tll: expected one of ttl, ceiling"),
        ({"category": {"chat": {"ttl": "forever"}}}, "category.chat.ttl: expected a duration such as"),
        ({"category": {"chat": {"ttl": 1.5}}}, "category.chat.ttl: expected a duration such as"),
        ({"category": {"chat": {"ttl": "91d"}}}, "category.chat.ttl: expected at most 7776000000 ms"),
        ({"category": {"chat": "30d"}}, "category.chat: expected a table, got '30d'"),
        ({"category": {"account": {"ttl": "1d"}}}, "category.account: expected a category that expires"),
        ({"category": {"chat": {"record": "maybe"}}}, "category.chat.record: expected one of allow"),
        (
            {"category": {"chat": {"purposes": ["service", "marketing"]}}},
            "category.chat.purposes: expected chat never to serve marketing",
        ),
        ({"category": {"votes": {"purposes": ["fun"]}}}, "category.votes.purposes: expected some of service"),
        ({"room_limits": {"votes": {}}}, "room_limits.votes: expected one of chat"),
        (
            {"room_limits": {"chat": {"min": "2d", "max": "1d"}}},
            "room_limits.chat: expected min to be at most max",
        ),
        ({"role": {"king": {}}}, "role.king: expected one of guest, user"),
        ({"provider": {"vimeo": {}}}, "provider.vimeo: expected one of direct"),
        (
            {"jurisdiction": {"X": {"inherits": "Y"}}},
            "jurisdiction.X.inherits: expected another jurisdiction",
        ),
        (
            {"jurisdiction": {"X": {"inherits": "X"}}},
            "jurisdiction.X.inherits: expected another jurisdiction",
        ),
        ({"jurisdiction": {"X": {"require_ack": 1}}}, "jurisdiction.X.require_ack: expected something like"),
        ({"jurisdiction": {"X": {"min_age": True}}}, "jurisdiction.X.min_age: expected something like"),
        ({"defaults": {"unknown_jurisdiction": "Z"}}, "defaults.unknown_jurisdiction: expected one of"),
        ({"defaults": {"max_sweep_fraction": 2}}, "defaults.max_sweep_fraction: expected 0.0 to 1.0"),
        ({"promise": 5}, "promise: expected a table, got 5"),
        ({"category": {"chat": {"floor": "40d"}}}, "category.chat.floor: expected at most 2592000000 ms"),
    ],
)
def test_problems(document: dict[str, Any], problem: str) -> None:
    """A wrong document is refused, naming the key, what was expected and what is there."""
    assert any(line.startswith(problem) for line in problems(document))


def test_all_problems_at_once() -> None:
    """Every problem is reported, not the first alone."""
    found = problems({"schema": 3, "role": {"king": {}}, "category": {"chat": {"ttl": "x"}}})

    assert len(found) == 3


def test_files_that_are_none(tmp_path: Path) -> None:
    """A missing file and one that is no TOML are named."""
    with pytest.raises(PolicyError, match=r"none\.toml: cannot be read"):
        load_policy(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("chat = [", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"broken\.toml: expected TOML"):
        load_policy(broken)
    broken.write_text("schema = 5", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"broken\.toml: schema: expected 1, got 5"):
        load_policy(broken)
