"""``roomserver privacy``: what the operator answers for, and proves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from protocol.limits import DAY_MS
from roomserver.admin import privacy as admin
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.cli.output import instant
from storage.privacy.policyfile import PolicyError, load_policy

USER = argument("user", help="a name or an id")


async def notice(invocation: Invocation) -> Exit:
    """Print the recording notice in force."""
    facts = await administer(invocation.config, admin.PrivacyNotice())
    invocation.output.result(facts, f"revision {facts['rev']} ({facts['hash']})\n{facts['text']}")
    return Exit.OK


async def check(invocation: Invocation) -> Exit:
    """Check a policy file; nothing is read but the file."""
    path = _policy_path(invocation)
    try:
        policy = load_policy(path)
    except PolicyError as error:
        for problem in error.problems:
            invocation.output.problem(problem)
        return Exit.USAGE
    facts = {"problems": [], "fingerprint": policy.fingerprint()}
    invocation.output.result(facts, f"{path or 'the shipped policy'}: no problems")
    return Exit.OK


async def plan(invocation: Invocation) -> Exit:
    """Show what a policy file would do to what is recorded, before it does it."""
    path = _policy_path(invocation)
    command = admin.PrivacyPlan(file=None if path is None else str(path.resolve()))
    facts = await administer(invocation.config, command)
    lines = [f"{which}: {one}" for which in ("more", "less") for one in facts[which]]
    lines += [
        f"{one['category']} in {one['room_id'] or 'no room'}: {one['rows']} rows, {one['shorter']} shorter, "
        f"{one['gone']} gone after {instant(facts['due_at_ms'])}"
        for one in facts["effects"]
        if one["shorter"]
    ]
    lines += [f"waits for the operator: {category}" for category in facts["pauses"]]
    if facts["more"]:
        lines.append("in force thirty days after the server starts with it; then it must be accepted")
    invocation.output.result(
        facts, "\n".join([*lines, facts["notice"]] if facts["changes"] else ["nothing changes"])
    )
    return Exit.OK


def _policy_path(invocation: Invocation) -> Path | None:
    chosen: str | None = invocation.arguments.file or invocation.config.privacy.policy or None
    return None if chosen is None else Path(chosen)


async def status(invocation: Invocation) -> Exit:
    """Print which promises are kept; fail when one is broken."""
    facts = await administer(invocation.config, admin.PrivacyStatus())
    counts = ("exports", "frozen", "inactive", "archived_rooms", "letters", "ledger")
    lines = [
        f"policy revision {facts['policy_rev']}; accepted from {facts['needed_rev']} on",
        ", ".join([f"erasures {len(facts['erasures'])}", *(f"{name} {facts[name]}" for name in counts)]),
        *(f"BROKEN: {promise}" for promise in facts["broken"]),
    ]
    invocation.output.result(facts, "\n".join(lines))
    return Exit.FAILED if facts["broken"] else Exit.OK


async def sweep(invocation: Invocation) -> Exit:
    """Delete what has expired."""
    facts = await administer(invocation.config, admin.PrivacySweep())
    gone = {name: count for name, count in facts["deleted"].items() if count}
    invocation.output.result(facts, ", ".join(f"{name} {count}" for name, count in gone.items()) or "nothing")
    return Exit.OK


async def erase(invocation: Invocation) -> Exit:
    """Erase an account, and wait until its bytes are gone."""
    arguments = invocation.arguments
    if arguments.confirm != arguments.user:
        raise CommandError(f"expected --confirm {arguments.user}: nothing brings an account back", Exit.USAGE)
    facts = await administer(invocation.config, admin.PrivacyErase(user=arguments.user))
    _print_receipt(invocation, facts)
    return Exit.OK if facts["stage"] == "complete" else Exit.FAILED


def _print_receipt(invocation: Invocation, facts: dict[str, Any]) -> None:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(facts["receipts"].items()))
    text = f"request {facts['request_id']}: {facts['stage']} after {facts['ms']} ms\n{counts}"
    invocation.output.result(facts, text)


async def export(invocation: Invocation) -> Exit:
    """Make the copy that somebody asked for."""
    facts = await administer(invocation.config, admin.PrivacyExport(user=invocation.arguments.user))
    text = f"request {facts['request_id']}: {facts['stage']}\nlink, good for one fetch: {facts['link']}"
    invocation.output.result(facts, text)
    return Exit.OK if facts["stage"] == "ready" else Exit.FAILED


async def verify(invocation: Invocation) -> Exit:
    """Look for a word everywhere; fail when it is anywhere."""
    arguments = invocation.arguments
    command = admin.PrivacyVerify(canary=arguments.canary, also=tuple(map(_whole, arguments.also or ())))
    facts = await administer(invocation.config, command)
    places = list(facts["files"])
    for where in ("memory", "hooks"):
        places += [f"{where}: {name} ({count})" for name, count in facts[where].items()]
    invocation.output.result(facts, "\n".join(places) or "nowhere")
    return Exit.FAILED if facts["found"] else Exit.OK


def _whole(path: str) -> str:
    """Return a path from the root: a running server stands in another folder than whoever asks."""
    return str(Path(path).absolute())


async def ropa(invocation: Invocation) -> Exit:
    """Print the record of processing."""
    facts = await administer(invocation.config, admin.PrivacyRopa())
    lines = [
        f"{one['category']}: {one['what']}; {one['why']}; seen by {one['visible_to']}; "
        f"at expiry {one['at_expiry']}, at erasure {one['at_erasure']}"
        for one in facts["categories"]
    ]
    lines.append(f"unused accounts: erased after {facts['unused_account_ms'] // DAY_MS} days, warned twice")
    lines += [f"measure: {measure}" for measure in facts["measures"]]
    invocation.output.result(facts, "\n".join(lines))
    return Exit.OK


async def audit(invocation: Invocation) -> Exit:
    """Check the audit's chain; fail when it is broken."""
    arguments = invocation.arguments
    facts = await administer(invocation.config, admin.PrivacyAudit(head=arguments.head, tail=arguments.tail))
    lines = [
        f"{instant(row['at_ms'])} {row['actor']} {row['action']} {row['count']}" for row in facts["tail"]
    ]
    verdict = f"{facts['rows']} rows, intact" if facts["intact"] else f"BROKEN at row {facts['broken_at']}"
    invocation.output.result(facts, "\n".join([*lines, f"{verdict}; head {facts['head']}"]))
    return Exit.OK if facts["intact"] else Exit.FAILED


async def frozen(invocation: Invocation) -> Exit:
    """List the accounts that are frozen until their age is proven."""
    facts = await administer(invocation.config, admin.PrivacyFrozen())
    invocation.output.rows("frozen", facts["frozen"])
    return Exit.OK


async def freeze(invocation: Invocation) -> Exit:
    """Freeze an account."""
    facts = await administer(invocation.config, admin.PrivacyFreeze(user=invocation.arguments.user))
    text = f"{facts['name']} is frozen" if facts["changed"] else f"{facts['name']} stays as it was"
    invocation.output.result(facts, text)
    return Exit.OK


async def decide(invocation: Invocation) -> Exit:
    """Decide about a frozen account."""
    arguments = invocation.arguments
    is_old_enough = arguments.verdict == "old-enough"
    command = admin.PrivacyDecide(user=arguments.user, is_old_enough=is_old_enough)
    facts = await administer(invocation.config, command)
    invocation.output.result(facts, f"{arguments.user} is {facts['state']}")
    return Exit.OK


async def suppress(invocation: Invocation) -> Exit:
    """Send an address no more advertising; only its keyed hash is printed."""
    facts = await administer(invocation.config, admin.PrivacySuppress(address=invocation.arguments.address))
    invocation.output.result(facts, f"suppressed {facts['keyed']}")
    return Exit.OK


async def advertise(invocation: Invocation) -> Exit:
    """Send the advertising on standard input to everybody who wants it."""
    text = sys.stdin.read()
    command = admin.PrivacyAdvertise(subject=invocation.arguments.subject, text=text)
    facts = await administer(invocation.config, command)
    invocation.output.result(facts, ", ".join(f"{name} {count}" for name, count in facts.items()))
    return Exit.FAILED if facts["waiting"] else Exit.OK


_FILE = argument("file", nargs="?", help="a policy file (default: the configured one)")
_WORD = argument("--canary", required=True, help="the word, at least eight letters")
_ALSO = argument("--also", action="append", help="one more folder or file, such as that of the logs")

COMMANDS = (
    Command("privacy notice", "print the recording notice in force", notice),
    Command("privacy check", "check a policy file", check, (_FILE,)),
    Command("privacy plan", "show what a policy file would change", plan, (_FILE,)),
    Command("privacy status", "print which promises are kept", status),
    Command("privacy sweep", "delete what has expired", sweep),
    Command(
        "privacy erase",
        "erase an account for good",
        erase,
        (USER, argument("--confirm", help="the same name once more, to be sure")),
    ),
    Command("privacy export", "make a copy of what is kept of an account", export, (USER,)),
    Command("privacy verify", "look for a word in memory, hooks and every file", verify, (_WORD, _ALSO)),
    Command("privacy ropa", "print the record of processing", ropa),
    Command(
        "privacy audit",
        "check the audit's chain",
        audit,
        (
            argument("action", metavar="action", choices=["verify"], help="verify"),
            argument("--head", help="a head that an earlier check printed"),
            argument("--tail", type=int, default=0, help="show so many of the last rows"),
        ),
    ),
    Command("privacy frozen", "list accounts that are frozen for their age", frozen),
    Command("privacy freeze", "freeze an account whose owner seems too young", freeze, (USER,)),
    Command(
        "privacy decide",
        "decide about a frozen account",
        decide,
        (
            USER,
            argument(
                "verdict",
                metavar="verdict",
                choices=["old-enough", "too-young"],
                help="old-enough or too-young, as the proof shows",
            ),
        ),
    ),
    Command(
        "privacy suppress",
        "send an address no more advertising",
        suppress,
        (argument("address", help="the mail address"),),
    ),
    Command(
        "privacy advertise",
        "send the text on standard input to everybody who consented to advertising",
        advertise,
        (argument("--subject", required=True, help="the subject line"),),
    ),
)
