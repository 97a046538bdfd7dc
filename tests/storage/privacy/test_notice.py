"""The notice: everything that is recorded is said, with the times in force, and the hash follows it."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.limits import DAY_MS, HOUR_MS
from protocol.notice import Notice
from storage.privacy.hooks import Hook, HookChain
from storage.privacy.notice import render_notice
from storage.privacy.policyfile import policy_of
from storage.privacy.recorder import NOWHERE, InForce, Place, Recorder
from storage.privacy.registry import CATEGORIES
from storage.privacy.subjects import UNKNOWN, Subject, Subjects

DEN = Place("r1", "den", None)


def notice(
    document: dict[str, Any] | None = None, place: Place = NOWHERE, subject: Subject = UNKNOWN, *hooks: Hook
) -> Notice:
    """Return the notice under a policy."""
    by = Recorder(InForce(policy_of(document or {}), 4), HookChain(hooks), Subjects())
    return render_notice(by, place, subject)


def ttl(of: Notice, category: str) -> int | None:
    """Return what a notice says of a category's time."""
    return next(each.ttl_ms for each in of.categories if each.category == category)


@pytest.mark.parametrize(
    ("category", "ttl_days"),
    [("chat", 30), ("video", 90), ("votes", 30), ("presence", 7), ("signin", 90), ("moderation", 365)],
)
def test_promised_times(category: str, ttl_days: int) -> None:
    """The shipped policy keeps what it promises, to the millisecond."""
    assert ttl(notice(), category) == ttl_days * DAY_MS


def test_notice_says_everything() -> None:
    """The notice names each category, recorded or not, in data and in words."""
    said = notice()
    assert (said.rev, said.url) == (4, "/privacy")
    assert [each.category for each in said.categories] == [
        each.name for each in CATEGORIES.values() if each.ttl_ms != 0
    ]
    assert said.not_recorded == ["whispers"]
    for each in said.categories:
        assert each.what in said.text
        assert each.purpose in said.text
        assert each.purposes
    assert "for 30 days" in said.text
    assert "It does not record private messages." in said.text
    assert set(said.rights) == {"export", "erase", "self_ttl"}


@pytest.mark.parametrize(
    "document",
    [
        {"category": {"votes": {"ttl": "29d"}}},
        {"category": {"presence": {"record": "drop"}}},
        {"category": {"chat": {"record": "pseudonymise"}}},
        {"category": {"video": {"purposes": ["service"]}}},
    ],
)
def test_one_change_changes_all(document: dict[str, Any]) -> None:
    """A changed policy changes what is said, in words or data, and the hash with it."""
    before, after = notice(), notice(document)
    assert after.hash != before.hash
    assert (after.text, after.categories) != (before.text, before.categories)


def test_notices_that_say_the_same_are_one() -> None:
    """The hash is of what is recorded: not of the revision, nor of who asks where."""
    by = Recorder(InForce(policy_of({}), 9), HookChain(), Subjects())
    assert render_notice(by, DEN, Subject("user", "US")).hash == notice().hash


def test_each_room_and_person() -> None:
    """A room's choice, a person's country and own choice show in their notice."""
    assert ttl(notice(place=DEN._replace(chat_ttl_ms=DAY_MS)), "chat") == DAY_MS
    assert (
        ttl(notice(place=DEN._replace(chat_ttl_ms=60 * DAY_MS), subject=Subject("user", "US")), "chat")
        == 60 * DAY_MS
    )
    assert ttl(notice(subject=Subject("user", "US", HOUR_MS)), "chat") == HOUR_MS
    assert "chat" in notice(place=DEN._replace(chat_ttl_ms=0)).not_recorded
    guests = {"role": {"guest": {"chat": {"ttl": "1h"}}}}
    assert ttl(notice(guests, DEN, Subject("guest")), "chat") == HOUR_MS


@pytest.mark.parametrize(
    ("country", "ack"), [("DE", True), ("GB", True), ("SE", True), ("US", False), (None, False)]
)
def test_where_the_law_asks_for_an_acknowledgement(country: str | None, ack: bool) -> None:
    """Where the jurisdiction wants it, the notice asks to be acknowledged."""
    assert notice(subject=Subject("user", country)).ack is ack


def test_a_tripped_hook_is_said() -> None:
    """While a hook is tripped nothing of its categories is recorded, and the notice says so."""
    hook = Hook()
    hook.categories = frozenset({"chat"})
    by = Recorder(InForce(policy_of({}), 1), HookChain([hook]), Subjects())
    by.hooks.closed = frozenset({"chat"})
    assert "chat" in render_notice(by, NOWHERE, UNKNOWN).not_recorded
