"""An example of a privacy hook: what is shouted is recorded in a normal voice, and for a day only."""

from __future__ import annotations

from storage.privacy.hooks import ALLOWED, Decision, Hook, RecordContext
from storage.privacy.policy import Recording

DAY_MS = 86_400_000


class NoShouting(Hook):
    """Lowers the voice of messages in capitals."""

    name = "no-shouting"
    priority = 50
    categories = frozenset({"chat"})

    def before_record(self, context: RecordContext) -> Decision:
        """Record shouts in lower case, for a day."""
        text = context.body.get("text", "")
        if len(text) < 4 or not text.isupper():
            return ALLOWED
        return Decision(Recording.REDACT, {**context.body, "text": text.lower()}, DAY_MS, "shouting")
