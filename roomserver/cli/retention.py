"""``roomserver privacy``, the part about retention: what waits for the operator."""

from __future__ import annotations

from roomserver.admin import retention as admin
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, Exit, Invocation, argument


async def allow(invocation: Invocation) -> Exit:
    """Let a paused category be deleted."""
    facts = await administer(invocation.config, admin.PrivacyAllow(category=invocation.arguments.category))
    invocation.output.result(facts, f"{facts['category']}: the next sweep deletes {facts['expired']} rows")
    return Exit.OK


async def clock(invocation: Invocation) -> Exit:
    """Believe the wall clock."""
    facts = await administer(invocation.config, admin.PrivacyClock())
    invocation.output.result(facts, "the clock is believed")
    return Exit.OK


async def hooks(invocation: Invocation) -> Exit:
    """Print what hooks did; fail while one is tripped."""
    facts = await administer(invocation.config, admin.PrivacyHooks(reset=invocation.arguments.reset))
    lines = [
        f"{name}: {', '.join(f'{word} {count}' for word, count in sorted(counts.items())) or 'nothing yet'}"
        for name, counts in facts["hooks"].items()
    ]
    lines += [f"TRIPPED: {name}; not recorded: {', '.join(them)}" for name, them in facts["tripped"].items()]
    invocation.output.result(facts, "\n".join(lines) or "no hooks")
    return Exit.FAILED if facts["tripped"] else Exit.OK


COMMANDS = (
    Command(
        "privacy allow",
        "let a category be deleted whose sweep is paused",
        allow,
        (argument("category", help="as privacy status and /healthz name it"),),
    ),
    Command(
        "privacy clock",
        "believe a clock that is far ahead",
        clock,
        (argument("action", metavar="action", choices=["accept"], help="accept"),),
    ),
    Command(
        "privacy hooks",
        "show what privacy hooks did",
        hooks,
        (argument("--reset", help="a tripped hook that gets another chance"),),
    ),
)
