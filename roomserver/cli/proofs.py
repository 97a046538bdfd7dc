"""``roomserver privacy proof``: looking at proofs of age."""

from __future__ import annotations

import os
from pathlib import Path

from roomserver.admin.proofs import PrivacyProof, PrivacyProofs
from roomserver.cli.administer import administer
from roomserver.cli.command import Command, CommandError, Exit, Invocation, argument
from roomserver.cli.users import USER
from roomserver.config import data_folder
from storage.privacy.keys import Keys
from storage.privacy.proofs import ProofFiles, kind_of


async def proofs(invocation: Invocation) -> Exit:
    """List the proofs that wait."""
    facts = await administer(invocation.config, PrivacyProofs())
    invocation.output.rows("proofs", facts["proofs"])
    return Exit.OK


async def proof(invocation: Invocation) -> Exit:
    """Decrypt a proof into a file that only its owner can read; looking is audited."""
    facts = await administer(invocation.config, PrivacyProof(user=invocation.arguments.user))
    folder = data_folder(invocation.config.storage)
    files = ProofFiles(folder, Keys(folder))
    stored = files.of(facts["id"])
    if stored is None:
        raise CommandError("expected a proof that waits, got one that was deleted meanwhile", Exit.FAILED)
    content = files.read(stored)
    path = Path(invocation.arguments.out or f"proof-{facts['id']}.{kind_of(content)}")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(
            f"expected a file that can be made, got {path}: {error.strerror}", Exit.FAILED
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    told = {**facts, "file": str(path), "kind": kind_of(content), "bytes": len(content)}
    invocation.output.result(told, f"{path}: the proof of {facts['name']}. Delete it when you have decided.")
    return Exit.OK


COMMANDS = (
    Command("privacy proofs", "list proofs of age that wait for a decision", proofs),
    Command(
        "privacy proof",
        "decrypt a proof of age into a file",
        proof,
        (
            USER,
            argument(
                "--out", metavar="FILE", help="the file to make (default: named here after the account)"
            ),
        ),
    ),
)
