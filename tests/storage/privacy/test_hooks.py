"""Hooks: stricter only, and whatever one does, nothing unredacted is recorded and nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from storage.privacy.hooks import (
    ALLOWED,
    TRIP_WINDOW_MS,
    TRIPS_AFTER,
    Decision,
    Hook,
    HookChain,
    RecordContext,
    SweepReport,
)
from storage.privacy.policy import Policy, Recording
from storage.privacy.policyfile import policy_of

T0 = 1_800_000_000_000
BODY = {"id": "m1", "user": {"$user": "u1"}, "text": "my secret", "mentions": ["u2"]}
PAYLOAD = msgspec.json.encode(BODY).decode()
CONTEXT = RecordContext(
    "chat", "chat.message", "r1", "u1", frozenset({"user"}), "DEFAULT", T0, 1, {}, {}
)  # fmt: skip


class Answering(Hook):
    """Answers as it is told."""

    categories = frozenset({"chat"})

    def __init__(self, answer: Callable[[RecordContext], Any], name: str = "answering") -> None:
        self.answer = answer
        self.name = name
        self.seen: list[dict[str, Any]] = []

    def before_record(self, context: RecordContext) -> Decision:
        """Answer."""
        self.seen.append(context.body)
        answer: Decision = self.answer(context)
        return answer


def chain(*answers: Callable[[RecordContext], Any], timer: Callable[[], int] = lambda: 0) -> HookChain:
    """Return hooks that answer so, in this order."""
    return HookChain([Answering(one, f"h{number}") for number, one in enumerate(answers)], timer)


def redact(text: str, **changes: Any) -> Callable[[RecordContext], Decision]:
    """Return an answer that puts another text."""
    return lambda context: Decision(Recording.REDACT, {**context.body, "text": text, **changes})


def test_without_hooks_nothing_happens() -> None:
    """A category that no hook wants to see is written as it is."""
    assert not HookChain().concerns("chat")
    assert HookChain().decide(CONTEXT, PAYLOAD).payload == PAYLOAD


def test_each_sees_what_the_one_before_left() -> None:
    """Redactions add up, in the order of priorities."""
    hooks = chain(
        redact("my [x]"),
        lambda context: Decision(Recording.REDACT, {**context.body, "text": context.body["text"] + "!"}),
    )
    verdict = hooks.decide(CONTEXT, PAYLOAD)
    assert msgspec.json.decode(verdict.payload) == {**BODY, "text": "my [x]!"}
    assert not verdict.drop


def test_the_strictest_wins() -> None:
    """Pseudonymising, redacting and shortening come together; dropping ends it; no later word weakens."""
    hooks = chain(
        lambda _: Decision(Recording.PSEUDONYMISE, ttl_ms=500),
        redact("[x]"),
        lambda _: Decision(ttl_ms=900),
        lambda _: ALLOWED,
    )
    verdict = hooks.decide(CONTEXT, PAYLOAD)
    assert (verdict.pseudonymise, verdict.drop, verdict.ttl_ms) == (True, False, 500)
    assert "[x]" in verdict.payload
    dropped = chain(lambda _: Decision(Recording.DROP), lambda _: ALLOWED).decide(CONTEXT, PAYLOAD)
    assert dropped.drop


def test_a_body_with_permission_is_no_body() -> None:
    """A hook that allows cannot put other words in."""
    verdict = chain(lambda context: Decision(Recording.ALLOW, {**context.body, "text": "other"})).decide(
        CONTEXT, PAYLOAD
    )
    assert verdict.payload == PAYLOAD


def test_changing_what_it_was_given_changes_nothing() -> None:
    """The body is a copy for each hook."""

    def mutate(context: RecordContext) -> Decision:
        context.body["text"] = "changed"
        context.body["mentions"].append("u9")
        return ALLOWED

    hooks = chain(mutate, lambda _: ALLOWED)
    assert hooks.decide(CONTEXT, PAYLOAD).payload == PAYLOAD
    second = hooks.hooks[1]
    assert isinstance(second, Answering)
    assert second.seen == [BODY]


def boom(_context: RecordContext) -> Decision:
    """Fail."""
    raise ValueError("my secret")


@pytest.mark.parametrize(
    "answer",
    [
        boom,
        lambda _: None,
        lambda _: (Recording.ALLOW, None),
        lambda _: Decision(7),  # type: ignore[arg-type]
        lambda _: Decision(ttl_ms=-5),
        lambda _: Decision(ttl_ms=2.5),  # type: ignore[arg-type]
        lambda _: Decision(reason=5),  # type: ignore[arg-type]
        lambda _: Decision(Recording.REDACT),
        redact("x" * 10_000_000),
        redact("x", id="m2"),
        redact("x", user={"$user": "u2"}),
        redact("x", mentions=[]),
        redact("x", extra=1),
        lambda context: Decision(Recording.REDACT, {**context.body, "text": 5}),
        lambda context: Decision(Recording.REDACT, {**context.body, "text": object()}),
        lambda context: Decision(Recording.REDACT, {"text": "x"}),
    ],
)
def test_what_goes_wrong_is_not_recorded(answer: Callable[[RecordContext], Any]) -> None:
    """A hook that fails, or says what cannot be, has the record dropped: fail closed."""
    hooks = chain(answer)
    assert hooks.decide(CONTEXT, PAYLOAD).drop
    assert hooks.counts["h0", "failed"] == 1


def test_a_hook_that_takes_too_long() -> None:
    """An overrun has the record dropped, and is counted."""
    ticks, work = iter([0, 2_000_000, 0, 9_000_000, 0, 2_000_001]), iter([0, 0, 2_000_000, 0, 2_000_001])
    hooks = HookChain([Answering(lambda _: ALLOWED, "h0")], timer=lambda: next(ticks), cpu=lambda: next(work))
    assert not hooks.decide(CONTEXT, PAYLOAD).drop
    assert not hooks.decide(CONTEXT, PAYLOAD).drop, "the machine was busy, the hook was not"
    assert hooks.decide(CONTEXT, PAYLOAD).drop
    assert hooks.counts["h0", "overran"] == 1


def test_tripping_and_resetting() -> None:
    """After three failures within a minute nothing of its categories is recorded, until it is reset."""
    failing = [True]
    hooks = chain(lambda context: boom(context) if failing[0] else ALLOWED)
    for number in range(TRIPS_AFTER):
        assert hooks.closed == frozenset()
        assert hooks.decide(CONTEXT._replace(at_ms=T0 + number), PAYLOAD).drop
    failing[0] = False
    assert hooks.tripped == {"h0": frozenset({"chat"})}
    assert hooks.closed == {"chat"}
    assert hooks.decide(CONTEXT, PAYLOAD).drop
    assert not hooks.reset("other")
    assert hooks.reset("h0")
    assert not hooks.decide(CONTEXT, PAYLOAD).drop


def test_failures_far_apart_trip_nothing() -> None:
    """A failure now and then costs a record each, no more."""
    hooks = chain(boom)
    for number in range(10):
        hooks.decide(CONTEXT._replace(at_ms=T0 + number * TRIP_WINDOW_MS), PAYLOAD)
    assert hooks.tripped == {}


def test_logs_hold_no_content(capsys: pytest.CaptureFixture[str]) -> None:
    """What a failing hook says of itself is its name and the kind of error."""
    chain(boom).decide(CONTEXT, PAYLOAD)
    said = capsys.readouterr()
    assert "secret" not in said.out + said.err


class Listener(Hook):
    """A hook that hears of what happens."""

    name = "listener"
    categories = frozenset({"chat"})

    def __init__(self) -> None:
        self.heard: list[object] = []

    async def after_sweep(self, report: SweepReport) -> None:
        """Remember a report."""
        self.heard.append(report)

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Remember a change."""
        self.heard.append((old, new))


class Deaf(Hook):
    """Fails at whatever it is told."""

    name = "deaf"
    priority = 1

    async def after_sweep(self, report: SweepReport) -> None:
        """Fail."""
        raise RuntimeError(report)

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Fail."""
        raise RuntimeError(old, new)


def test_hooks_hear() -> None:
    """They are told of sweeps and policies, also behind one that fails, which is counted."""
    hook = Listener()
    hooks = HookChain([hook, Deaf()])
    report, policy = SweepReport(T0, {"chat": 3}, True), policy_of({})
    asyncio.run(hooks.swept(report))
    asyncio.run(hooks.changed(None, policy))
    assert hook.heard == [report, (None, policy)]
    assert hooks.counts == {("deaf", "unheard"): 2}
