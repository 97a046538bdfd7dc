"""
What recording costs: ``python -m tests.benchmarks.recording`` prints microseconds for a message.

Of processor time: without hooks, with each that ships, with all, and for an event that no hook
wants to see. The least of several rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from storage.privacy.discovery import load_hooks
from storage.privacy.hooks import HookChain
from storage.privacy.policyfile import load_policy
from storage.privacy.recorder import InForce, Place, Recorder
from storage.privacy.subjects import Subject, Subjects
from storage.records import EventDraft

ROUNDS, MESSAGES = 7, 5000
PLACE = Place("r1", "den", None)
SHIPPED = ("mention-tokens", "redact-secrets", "redact-contacts", "guest-pseudonyms")
PAYLOAD = '{"id":"m1","user":{"$user":"anna"},"text":"hello @berta, do you like it?","mentions":["berta"]}'
CHAT = EventDraft("chat", "chat.message", "r1", "e1", 1, "anna", 1_800_000_000_000, None, PAYLOAD)
VIDEO = CHAT._replace(category="video", kind="booth.leaving", payload='{"after_play":true}')
NAMES = {"berta": "Berta"}


def recorder(*names: str) -> Recorder:
    """Return a recorder with these hooks."""
    subjects = Subjects()
    subjects.note("anna", Subject("user", "DE"))
    return Recorder(InForce(load_policy(None), 1), HookChain(load_hooks(names)), subjects)


def least_us(work: Callable[[], object]) -> float:
    """Return the least microseconds that a call takes."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(MESSAGES):
            work()
        best = min(best, (time.process_time() - began) / MESSAGES * 1e6)
    return best


def main() -> None:
    """Print the table."""
    print("| recorded | µs |")
    print("|---|---|")
    plain = recorder()
    print(f"| a message, no hooks | {least_us(lambda: plain.event(CHAT, PLACE, None, NAMES)):.1f} |")
    for name in SHIPPED:
        by = recorder(name)
        print(f"| a message, {name} | {least_us(lambda by=by: by.event(CHAT, PLACE, None, NAMES)):.1f} |")  # type: ignore[misc]  # bound in the loop
    everything = recorder(*SHIPPED)
    print(f"| a message, all four | {least_us(lambda: everything.event(CHAT, PLACE, None, NAMES)):.1f} |")
    print(f"| another event, all four | {least_us(lambda: everything.event(VIDEO, PLACE)):.1f} |")


if __name__ == "__main__":
    main()
