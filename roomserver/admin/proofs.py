"""Commands ``privacy.proof*``: proofs of age that wait for the operator."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.errors import ErrorCode, Rejected
from roomserver.admin.command import AdminCommand, AdminHandler
from roomserver.admin.users import account_of
from roomserver.privacy.rights import Rights
from storage.accounts import Accounts


class PrivacyProofs(AdminCommand, frozen=True, kw_only=True, tag="privacy.proofs"):
    """List the proofs of age that wait."""

    changes = False


class PrivacyProof(AdminCommand, frozen=True, kw_only=True, tag="privacy.proof"):
    """Note that somebody looks at a proof, and answer of whom it is; the file is read by the command."""

    user: str


class ProofAdministration:
    """Carries the commands out."""

    def __init__(self, rights: Rights, accounts: Accounts) -> None:
        self._rights = rights
        self._accounts = accounts

    def handlers(self) -> dict[type[AdminCommand], AdminHandler]:
        """Return the handler of each command."""
        return {PrivacyProofs: self.list, PrivacyProof: self.show}

    async def list(self, _command: PrivacyProofs) -> Mapping[str, object]:
        """List proofs, those of who has waited longest first."""
        found = [
            (account, self._rights.proofs.of(account.id))
            for account, _ in await self._rights.standings.frozen()
        ]
        return {
            "proofs": [
                {
                    "id": account.id,
                    "name": account.name,
                    "at_ms": proof.at_ms,
                    "deleted_at_ms": proof.until_ms,
                    "bytes": proof.bytes,
                }
                for account, proof in found
                if proof is not None
            ]
        }

    async def show(self, command: PrivacyProof) -> Mapping[str, object]:
        """Audit that a proof is looked at."""
        account = await account_of(self._accounts, command.user)
        proof = self._rights.proofs.of(account.id)
        if proof is None:
            message = f"expected an account whose proof waits, got {command.user!r}"
            raise Rejected(ErrorCode.NOT_FOUND, message, field="user")
        await self._rights.proofs.shown(account.id)
        return {"id": account.id, "name": account.name, "at_ms": proof.at_ms}
