"""Fixtures of the rights' tests: a mail server of this machine, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roomserver.config import MailConfig
from tests.roomserver.privacy.test_mail import Inbox, served


@pytest.fixture(name="mail_server", scope="module")
def _mail_server() -> Iterator[tuple[Inbox, MailConfig]]:
    yield from served()


@pytest.fixture
def mail(mail_server: tuple[Inbox, MailConfig]) -> MailConfig:
    """Return the settings that lead to the mail server."""
    return mail_server[1]


@pytest.fixture
def letters(mail_server: tuple[Inbox, MailConfig]) -> Inbox:
    """Return what the mail server took in this test: nothing yet, and it takes everything."""
    mail_server[0].messages.clear()
    mail_server[0].refuses = ""
    mail_server[0].unknown = {}
    return mail_server[0]
