"""Guest pseudonyms: guests are hidden, everybody else is not."""

from __future__ import annotations

import pytest

from storage.privacy.hooks import PrivacyHook, RecordContext
from storage.privacy.policy import Recording
from storage.privacy.shipped.guests import GuestPseudonyms
from storage.privacy.testing import HookContract


class TestContract(HookContract):
    """It keeps what every hook must."""

    def make(self) -> PrivacyHook:
        """Return the hook."""
        return GuestPseudonyms()


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("guest", Recording.PSEUDONYMISE), ("user", Recording.ALLOW), ("bot", Recording.ALLOW)],
)
def test_guests_only(kind: str, verdict: Recording) -> None:
    """A guest's records stand under a pseudonym."""
    context = RecordContext("chat", "chat.message", "r", "u", frozenset({kind}), "DEFAULT", 1, 1, {}, {})
    assert GuestPseudonyms().before_record(context).verdict is verdict
