"""The notice: everything that is recorded is said, and the hash follows what is said."""

from __future__ import annotations

import pytest

from protocol.events import ROOM_EVENTS
from storage.privacy import notice as notice_module
from storage.privacy.notice import POLICY_REV, expires_at, render_notice
from storage.privacy.registry import CATEGORIES, category_of
from tests.storage.builders import NOW, days


@pytest.mark.parametrize("kind", ROOM_EVENTS)
def test_every_room_event_expires(kind: str) -> None:
    """Every event of a room's stream has a category with a time to live."""
    assert expires_at(category_of(kind), NOW) > NOW


@pytest.mark.parametrize(
    ("category", "ttl_days"),
    [("chat", 30), ("video", 90), ("votes", 30), ("presence", 7), ("signin", 90), ("moderation", 365)],
)
def test_promised_times(category: str, ttl_days: int) -> None:
    """Rows live as long as the policy says, to the millisecond."""
    assert expires_at(category, NOW) == NOW + days(ttl_days)


def test_account_data_does_not_expire() -> None:
    """What lives as long as the account is no log row."""
    with pytest.raises(ValueError, match="expected a category with a time to live, got 'account'"):
        expires_at("account", NOW)


def test_notice_says_everything() -> None:
    """The notice names each recorded category with its time, in data and in words."""
    notice = render_notice("https://example.org/privacy")
    assert notice.rev == POLICY_REV
    assert notice.url == "https://example.org/privacy"
    recorded = [each for each in CATEGORIES.values() if each.ttl_ms != 0]
    assert [each.category for each in notice.categories] == [each.name for each in recorded]
    for each in recorded:
        assert each.what in notice.text
        assert each.purpose in notice.text
    assert "for 30 days" in notice.text


def test_notice_hash_follows_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash is of what is said: the address does not change it, a changed time does."""
    before = render_notice("a").hash
    assert render_notice("b").hash == before
    longer = {**CATEGORIES, "chat": CATEGORIES["chat"]._replace(ttl_ms=days(31))}
    monkeypatch.setattr(notice_module, "CATEGORIES", longer)
    assert render_notice("a").hash != before
