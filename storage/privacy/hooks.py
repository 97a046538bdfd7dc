"""
Hooks: code of the operator's choice that every record passes before it is written.

A hook can only make things stricter: the chain takes the strictest of what all of them and the
policy say. One that fails or takes too long does no harm to the room, which was told already or
will be: the record is not written, and a hook that does so again and again is tripped, whereupon
nothing of its categories is recorded until it is reset.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import structlog

from protocol.limits import MESSAGE_BYTES, MINUTE_MS
from storage.privacy.holds import Doomed
from storage.privacy.policy import Policy, Recording

log = structlog.get_logger("privacy")

API = 1
"""The version of this interface; a hook of another one is refused."""

BUDGET_US = 2000
"""
Processor time a call may take unless the hook asks for less. Time of the thread, not of the
clock: a busy machine is not the hook's fault.
"""
TRIPS_AFTER = 3
TRIP_WINDOW_MS = MINUTE_MS
"""So many failures within this long trip a hook."""

_USER_MARK = "$user"
_IDS = frozenset({"id", "play_id", "reply_to", "mentions", "ids", "source_id"})
"""Texts that are references: a redaction that changed them would break the row."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class RecordContext(NamedTuple):
    """
    A record about to be written.

    ``body`` is a copy: changing it changes nothing. People in it are ``{"$user": id}``;
    ``names`` gives the names of those it mentions. ``roles`` are the author's kind and room role.
    """

    category: str
    kind: str
    room_id: str | None
    actor_id: str | None
    roles: frozenset[str]
    jurisdiction: str
    at_ms: int
    policy_rev: int
    body: dict[str, Any]
    names: Mapping[str, str]


class Decision(NamedTuple):
    """
    What a hook says of a record.

    ``body`` replaces it where the verdict is ``REDACT``: same shape, only texts may differ.
    ``ttl_ms`` may only shorten. ``reason`` is a word to count by, never content.
    """

    verdict: Recording = Recording.ALLOW
    body: Mapping[str, Any] | None = None
    ttl_ms: int | None = None
    reason: str = ""


ALLOWED = Decision()


class ExpiredBatch(NamedTuple):
    """So many rows of one category that are being deleted, in the same transaction."""

    category: str
    table: str
    rows: int


class SweepReport(NamedTuple):
    """What a sweep did: rows gone by category, whether the bytes are gone too, and when."""

    at_ms: int
    rows: Mapping[str, int]
    bytes_gone: bool


class PrivacyHook(Protocol):
    """
    What a hook has. Derive from :class:`Hook`, which does nothing in every method.

    ``categories`` are those of the registry that it wants to see; ``priority`` orders hooks,
    lower first. ``before_record`` is called on the event loop: it must not wait, read or write.
    """

    name: str
    api: int
    priority: int
    categories: frozenset[str]
    budget_us: int

    def before_record(self, context: RecordContext) -> Decision:
        """Decide over a record."""
        ...

    def on_expire(self, batch: ExpiredBatch) -> None:
        """Note that rows go; may be told again of rows of a batch that was rolled back."""
        ...

    async def on_erase(self, subject: str) -> int:
        """
        Remove what the hook itself keeps of an account; return how many things.

        May be repeated. The erasure is not complete, and asks again, while this raises.
        """
        ...

    def on_export(self, subject: str) -> Iterable[Mapping[str, Any]]:
        """Return what the hook itself keeps of an account, for its export: values that JSON can hold."""
        ...

    async def on_hold(self, case: str, *, placed: bool) -> None:
        """Note that a hold was placed or released, by whatever keeps cases: nothing does as shipped."""
        ...

    def holds(self, doomed: Doomed) -> bool:
        """
        Say whether something must not be destroyed yet; it is asked again with each sweep.

        Called in the transaction that destroys, on another thread: it must not wait, read or write.
        """
        ...

    async def after_sweep(self, report: SweepReport) -> None:
        """Note what a sweep did."""
        ...

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Note that another policy is in force; ``old`` is None at the first start."""
        ...

    def contains(self, probe: bytes) -> int:
        """Count the things the hook keeps that hold these bytes: for verification only."""
        ...


class Hook:
    """A hook that does nothing: the base of those that do something."""

    name = "hook"
    api = API
    priority = 100
    categories: frozenset[str] = frozenset()
    budget_us = BUDGET_US

    def before_record(self, context: RecordContext) -> Decision:  # noqa: ARG002 - for derived classes
        """Let it pass."""
        return ALLOWED

    def on_expire(self, batch: ExpiredBatch) -> None:
        """Do nothing."""

    async def on_erase(self, subject: str) -> int:  # noqa: ARG002 - for derived classes
        """Keep nothing, hence remove nothing."""
        return 0

    def on_export(self, subject: str) -> Iterable[Mapping[str, Any]]:  # noqa: ARG002 - for derived classes
        """Keep nothing, hence give nothing."""
        return ()

    async def on_hold(self, case: str, *, placed: bool) -> None:
        """Do nothing."""

    def holds(self, doomed: Doomed) -> bool:  # noqa: ARG002 - for derived classes
        """Hold nothing."""
        return False

    async def after_sweep(self, report: SweepReport) -> None:
        """Do nothing."""

    async def on_policy_change(self, old: Policy | None, new: Policy) -> None:
        """Do nothing."""

    def contains(self, probe: bytes) -> int:  # noqa: ARG002 - for derived classes
        """Keep nothing."""
        return 0


class Verdict(NamedTuple):
    """What all hooks together say; ``payload`` is the JSON to write."""

    payload: str
    pseudonymise: bool = False
    drop: bool = False
    ttl_ms: int | None = None


class HookChain:
    """
    The hooks in force, in order.

    ``timer`` returns nanoseconds that pass, ``cpu`` those that this thread worked. ``counts`` are
    what happened, by hook and word: for metrics and the audit, without content.
    """

    def __init__(
        self,
        hooks: Sequence[PrivacyHook] = (),
        timer: Callable[[], int] = time.perf_counter_ns,
        cpu: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self.hooks = sorted(hooks, key=lambda hook: (hook.priority, hook.name))
        self._timer = timer
        self._cpu = cpu
        self._by_category: dict[str, list[PrivacyHook]] = {}
        for hook in self.hooks:
            for category in hook.categories:
                self._by_category.setdefault(category, []).append(hook)
        self._failures: dict[str, deque[int]] = {}
        self.tripped: dict[str, frozenset[str]] = {}
        """Name of a tripped hook to the categories that are not recorded any more."""
        self.closed: frozenset[str] = frozenset()
        self.on_closed: Callable[[], None] = lambda: None
        """Told when other categories are closed: a hook was tripped or reset."""
        """Categories that are not recorded because a hook is tripped."""
        self.counts: Counter[tuple[str, str]] = Counter()

    def concerns(self, category: str) -> bool:
        """Say whether a record of a category has anything to pass: one without hooks costs nothing."""
        return category in self._by_category  # also while it is closed

    def decide(self, context: RecordContext, payload: str) -> Verdict:
        """Pass a record through all hooks of its category; never raises."""
        if context.category in self.closed:
            return Verdict(payload, drop=True)
        verdict = Verdict(payload)
        worked_ns = self._cpu()
        for hook in self._by_category.get(context.category, ()):
            decision = self._ask(hook, context._replace(body=_decode(verdict.payload)), worked_ns)
            redacted = None if decision is None else _redacted(verdict.payload, decision)
            if decision is None or redacted is None:
                self._failed(hook, context.at_ms)
                return verdict._replace(drop=True)
            if decision.verdict is not Recording.ALLOW:
                self.counts[hook.name, decision.reason[:32] or decision.verdict.name.lower()] += 1
            shorter = [ms for ms in (verdict.ttl_ms, decision.ttl_ms) if ms is not None]
            verdict = Verdict(
                redacted,
                verdict.pseudonymise or decision.verdict is Recording.PSEUDONYMISE,
                verdict.drop or decision.verdict is Recording.DROP,
                min(shorter, default=None),
            )
            if verdict.drop:
                break
        return verdict

    def _ask(self, hook: PrivacyHook, context: RecordContext, worked_ns: int) -> Decision | None:
        """Return what a hook says; None when it failed, took too long, or said something impossible."""
        began = self._timer()
        try:
            decision = hook.before_record(context)
        except Exception as error:  # noqa: BLE001 - whatever a hook does, the room goes on
            log.warning("hook failed", hook=hook.name, cause=type(error).__name__)
            return None
        budget_ns = hook.budget_us * 1000
        # Asking for the thread's time is slow, the passing one cheap: only who seems late is looked at.
        if self._timer() - began > budget_ns and self._cpu() - worked_ns > budget_ns:
            self.counts[hook.name, "overran"] += 1
            return None
        return decision if _is_possible(decision) else None

    def _failed(self, hook: PrivacyHook, now_ms: int) -> None:
        self.counts[hook.name, "failed"] += 1
        recent = self._failures.setdefault(hook.name, deque(maxlen=TRIPS_AFTER))
        recent.append(now_ms)
        if len(recent) == TRIPS_AFTER and now_ms - recent[0] <= TRIP_WINDOW_MS:
            self.tripped[hook.name] = hook.categories
            self.closed |= hook.categories
            self.on_closed()
            log.error("hook tripped", hook=hook.name, not_recorded=sorted(hook.categories))

    def reset(self, name: str) -> bool:
        """Give a tripped hook another chance; say whether it was tripped."""
        was_tripped = self.tripped.pop(name, None) is not None
        self._failures.pop(name, None)
        self.closed = frozenset().union(*self.tripped.values())
        if was_tripped:
            self.on_closed()
        return was_tripped

    # What concerns all hooks

    def expired(self, batch: ExpiredBatch) -> None:
        """Tell the hooks of a category that rows go; an exception rolls their deletion back."""
        for hook in self._by_category.get(batch.category, ()):
            hook.on_expire(batch)

    @property
    def may_hold(self) -> bool:
        """Whether any hook has an answer of its own to what is held."""
        return any(type(hook).holds is not Hook.holds for hook in self.hooks)

    def holds(self, doomed: Doomed) -> bool:
        """Say whether any hook holds something. One that fails does: what is gone cannot be brought back."""
        for hook in self.hooks:
            try:
                if hook.holds(doomed):
                    return True
            except Exception as error:  # noqa: BLE001 - whatever a hook does, nothing is lost
                log.warning("hook failed", hook=hook.name, cause=type(error).__name__)
                self.counts[hook.name, "held_back"] += 1
                return True
        return False

    async def held(self, case: str, *, placed: bool) -> None:
        """Tell all hooks that a hold was placed or released."""
        for hook in self.hooks:
            await hook.on_hold(case, placed=placed)

    async def swept(self, report: SweepReport) -> None:
        """Tell all hooks what a sweep did, also behind one that fails: it is done already."""
        await self._tell(lambda hook: hook.after_sweep(report))

    async def changed(self, old: Policy | None, new: Policy) -> None:
        """Tell all hooks that another policy is in force, also behind one that fails."""
        await self._tell(lambda hook: hook.on_policy_change(old, new))

    async def _tell(self, telling: Callable[[PrivacyHook], Awaitable[None]]) -> None:
        for hook in self.hooks:
            try:
                await telling(hook)
            except Exception as error:  # noqa: BLE001 - whatever a hook does, the others are told
                log.warning("hook failed", hook=hook.name, cause=type(error).__name__)
                self.counts[hook.name, "unheard"] += 1


def _is_possible(decision: object) -> bool:
    return (
        isinstance(decision, Decision)
        and isinstance(decision.verdict, Recording)
        and isinstance(decision.reason, str)
        and (decision.ttl_ms is None or (type(decision.ttl_ms) is int and decision.ttl_ms >= 0))
        and (decision.verdict is not Recording.REDACT or decision.body is not None)
    )


def _redacted(payload: str, decision: Decision) -> str | None:
    """Return the payload after a decision; None when its body is not the same with other texts."""
    if decision.verdict is not Recording.REDACT:
        return payload
    try:
        redacted = _encode(decision.body)
    except (TypeError, ValueError, RecursionError):
        return None
    if len(redacted) > MESSAGE_BYTES or not _differs_in_text_only(_decode(payload), _decode(redacted)):
        return None
    return redacted.decode()


def _differs_in_text_only(old: Any, new: Any) -> bool:
    """Say whether two bodies have the same shape, the same people and ids, and differ in texts at most."""
    if old == new:
        return True
    if isinstance(old, dict) and isinstance(new, dict):
        return (
            _USER_MARK not in old
            and old.keys() == new.keys()
            and all(old[key] == new[key] for key in _IDS & old.keys())
            and all(_differs_in_text_only(old[key], new[key]) for key in old)
        )
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_differs_in_text_only, old, new))
    return isinstance(old, str) and isinstance(new, str)
