"""Mention tokens: who is mentioned is recorded as an id, so that a rename or an erasure reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from protocol.mentions import MENTION, spellings
from protocol.text import name_key
from storage.privacy.hooks import ALLOWED, Decision, Hook, RecordContext
from storage.privacy.policy import Recording


class MentionTokens(Hook):
    """Records ``@name`` of members as ``<@id>``; :mod:`storage.fold` puts the name of the day back."""

    name = "mention-tokens"
    priority = 10
    categories = frozenset({"chat"})

    def before_record(self, context: RecordContext) -> Decision:
        """Replace the names of those who are mentioned and here."""
        text = context.body.get("text", "")
        if not context.names or "@" not in text:
            return ALLOWED
        ids = {name_key(name): user_id for user_id, name in context.names.items()}
        tokens = MENTION.sub(lambda match: _token(match, ids), text)
        if tokens == text:
            return ALLOWED
        return Decision(Recording.REDACT, {**context.body, "text": tokens}, reason="mentions")


def _token(match: re.Match[str], ids: Mapping[str, str]) -> str:
    for name in spellings(match[1]):
        user_id = ids.get(name_key(name))
        if user_id is not None:
            return f"<@{user_id}>{match[1][len(name) :]}"
    return match[0]
