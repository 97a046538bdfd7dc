"""
The contract of hooks, as a class of tests for whoever writes one.

Derive, say how to make the hook, and let pytest collect it::

    class TestMyHook(HookContract):
        def make(self):
            return MyHook()

Every claim is what the server relies on. None needs a server or a database.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from storage.privacy.discovery import checked
from storage.privacy.hooks import BUDGET_US, Decision, ExpiredBatch, HookChain, PrivacyHook, RecordContext
from storage.privacy.policy import Recording

_BODIES: dict[str, dict[str, Any]] = {
    "chat.message": {
        "id": "m1",
        "user": {"$user": "u1"},
        "text": "hello @anna, call +49 170 1234567 or mail me@example.org",
        "mentions": ["u2"],
    },
    "member.banned": {"user": {"$user": "u2"}, "by": {"$user": "u1"}, "reason": "rude"},
    "play.started": {"play": {"id": "p1", "dj": {"$user": "u1"}, "media": {"title": "A song"}}},
    "member.joined": {},
    "session.login": {},
}
_TEXTS = ("", "a", "\u202e\u0000", "@" * 256, "9" * 256, "x" * 4000, "🙂" * 256)
_SUBJECT = "u1"


class HookContract:
    """Claims about one hook; override :meth:`make`."""

    def make(self) -> PrivacyHook:
        """Return a fresh hook."""
        raise NotImplementedError

    def contexts(self, hook: PrivacyHook) -> Iterator[RecordContext]:
        """Yield records of every category that the hook wants to see."""
        for category in sorted(hook.categories):
            for kind, body in _BODIES.items():
                for text in (None, *_TEXTS):
                    filled = (
                        body
                        if text is None
                        else {key: text if key == "text" else value for key, value in body.items()}
                    )
                    for roles in (frozenset({"user"}), frozenset({"guest"})):
                        yield RecordContext(
                            category, kind, "r1", _SUBJECT, roles, "DEFAULT", 1_800_000_000_000, 1,
                            copy.deepcopy(filled), {"u2": "Anna"},
                        )  # fmt: skip

    def test_it_is_a_hook(self) -> None:
        """It has every method, a known version and known categories."""
        hook = self.make()
        assert checked(hook, hook.name) is hook
        assert 0 < hook.budget_us <= BUDGET_US, f"expected at most {BUDGET_US} µs, got {hook.budget_us}"

    def test_it_always_decides(self) -> None:
        """Whatever comes, it returns a decision and raises nothing."""
        hook = self.make()
        for context in self.contexts(hook):
            decision = hook.before_record(context)
            assert isinstance(decision, Decision), f"expected a Decision, got {decision!r}"

    def test_it_decides_alike(self) -> None:
        """The same record is decided over alike: nothing depends on what came before."""
        hook, other = self.make(), self.make()
        for context, again in zip(self.contexts(hook), self.contexts(other), strict=True):
            assert hook.before_record(context) == other.before_record(again)

    def test_it_changes_nothing_it_was_given(self) -> None:
        """A redaction is returned, never done to the record itself."""
        hook = self.make()
        for context in self.contexts(hook):
            before = copy.deepcopy(context)
            hook.before_record(context)
            assert context == before

    def test_the_server_can_use_what_it_says(self) -> None:
        """No decision is one that the server would throw away: same shape, same people, shorter time."""
        hook = self.make()
        chain = HookChain([hook], timer=lambda: 0)
        for context in self.contexts(hook):
            payload = msgspec.json.encode(context.body).decode()
            wanted = hook.before_record(context)
            got = chain.decide(context, payload)
            assert got.drop == (wanted.verdict is Recording.DROP), "the server refused the decision"
        assert not chain.tripped

    def test_a_redaction_is_final(self) -> None:
        """What was redacted is not redacted again: its own marks do not set it off."""
        hook = self.make()
        for context in self.contexts(hook):
            decision = hook.before_record(context)
            if decision.verdict is Recording.REDACT:
                assert decision.body is not None
                again = hook.before_record(context._replace(body=dict(decision.body)))
                assert again.verdict is not Recording.REDACT or again.body == decision.body

    def test_erasing_twice(self) -> None:
        """A person is erased once; a second time finds nothing, and no trace is left."""
        hook = self.make()
        for context in self.contexts(hook):
            hook.before_record(context)

        async def erase() -> tuple[int, int]:
            return await hook.on_erase(_SUBJECT), await hook.on_erase(_SUBJECT)

        first, second = asyncio.run(erase())
        assert first >= 0
        assert second == 0
        assert not list(hook.on_export(_SUBJECT))

    def test_an_expiry_told_twice(self) -> None:
        """It bears to be told of rows again whose deletion was rolled back."""
        hook = self.make()
        for category in sorted(hook.categories):
            for _ in range(2):
                hook.on_expire(ExpiredBatch(category, "events", 3))
