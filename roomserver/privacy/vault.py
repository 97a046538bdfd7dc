"""The vault: the database, with the keys and the ledger that lie beside it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from roomserver.config import PrivacyConfig
from roomserver.privacy.replay import open_ledger
from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.ledger import Ledger


class Vault(NamedTuple):
    """``folder`` is the data folder; ``gave_up_ledger`` says that the operator let an old ledger go."""

    database: Database
    folder: Path
    keys: Keys
    ledger: Ledger
    gave_up_ledger: bool


async def open_vault(database: Database, folder: Path, config: PrivacyConfig) -> Vault:
    """
    Open what lies beside a database.

    Raises:
        LedgerError: the ledger is damaged, or older than the database.
        OSError: something cannot be read.

    """
    keys = Keys(folder)
    ledger, gave_up = await open_ledger(database, folder, keys, accept_missing=config.accept_missing_ledger)
    return Vault(database, folder, keys, ledger, gave_up)
