"""``roomserver privacy``: what an operator types about retention, without a server that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomserver.cli import main
from roomserver.cli.command import Exit


def test_what_waits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing waits, the clock can be believed, and hooks are shown."""
    common = ["--data", str(folder)]
    main(["admin", "create", "ada", *common])
    assert main(["privacy", "allow", "chat", *common]) != Exit.OK
    assert main(["privacy", "clock", "accept", *common]) == Exit.OK
    capsys.readouterr()
    assert main(["privacy", "hooks", *common]) == Exit.OK
    assert capsys.readouterr().out.splitlines()[-1] == "mention-tokens: nothing yet"
    assert main(["privacy", "hooks", "--reset", "none", *common]) != Exit.OK
