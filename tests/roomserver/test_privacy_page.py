"""The notice as a page: in the words of the notice itself."""

from __future__ import annotations

import html
import re

import pytest

from roomserver.privacy_page import notice_html
from storage.privacy.hooks import HookChain
from storage.privacy.notice import render_notice
from storage.privacy.policyfile import policy_of
from storage.privacy.recorder import NOWHERE, InForce, Recorder
from storage.privacy.subjects import UNKNOWN, Subjects


def rows(document: dict[str, object]) -> dict[str, str]:
    """Return how long the page says that each category is kept, and check that the text says the same."""
    by = Recorder(InForce(policy_of(document), 1), HookChain(), Subjects())
    notice = render_notice(by, NOWHERE, UNKNOWN)
    page = html.unescape(notice_html(notice)[2].decode())
    kept = dict(re.findall(r"<tr><td>([^<]*)</td>.*<td>([^<]*)</td></tr>", page))
    assert kept.keys() == {each.category for each in notice.categories}
    for each in notice.categories:
        assert f"{each.what} ({kept[each.category]}, {each.purpose})" in notice.text
    return kept


def test_as_shipped() -> None:
    """What is kept for minutes is not kept for no days, and what has no end does not end with the account."""
    kept = rows({})
    assert (kept["chat"], kept["resume"]) == ("for 30 days", "for 2 minutes")
    assert (kept["suppressions"], kept["account"]) == ("as long as needed", "for the life of your account")


@pytest.mark.parametrize(
    ("ttl", "said"), [("47h", "for 47 hours"), ("1d", "for 1 day"), ("90s", "for 90 seconds")]
)
def test_no_rounding(ttl: str, said: str) -> None:
    """A time is said as it is."""
    assert rows({"category": {"chat": {"ttl": ttl}}})["chat"] == said
