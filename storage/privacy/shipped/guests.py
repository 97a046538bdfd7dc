"""Guest pseudonyms: what guests do is recorded of somebody, not of them."""

from __future__ import annotations

from storage.privacy.hooks import ALLOWED, Decision, Hook, RecordContext
from storage.privacy.policy import Recording


class GuestPseudonyms(Hook):
    """
    Records guests under a stand-in that is another one in every room and after every start.

    What one guest said can still be read as one conversation, and be deleted as one.
    """

    name = "guest-pseudonyms"
    priority = 40
    categories = frozenset({"chat", "presence"})

    def before_record(self, context: RecordContext) -> Decision:
        """Hide guests."""
        if "guest" in context.roles:
            return Decision(Recording.PSEUDONYMISE, reason="guest")
        return ALLOWED
