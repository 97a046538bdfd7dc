"""Redaction: secrets and addresses are not recorded, and what only looks like them is."""

from __future__ import annotations

import pytest

from storage.privacy.hooks import PrivacyHook
from storage.privacy.shipped.redaction import ADDRESS, MAIL, PHONE, SECRET, ContactRedaction, SecretRedaction
from storage.privacy.testing import HookContract


class TestSecrets(HookContract):
    """The first of them keeps what every hook must."""

    def make(self) -> PrivacyHook:
        """Return the hook."""
        return SecretRedaction()


class TestContacts(HookContract):
    """The second does too."""

    def make(self) -> PrivacyHook:
        """Return the hook."""
        return ContactRedaction()


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("/login anna hunter2", f"/login {SECRET}"),
        ("!identify hunter2", f"!identify {SECRET}"),
        ("my password is hunter2 ok", f"my password is {SECRET} ok"),
        ("api_key=abc123", f"api_key={SECRET}"),
        ("use ghp_0123456789abcdefghij0123 now", f"use {SECRET} now"),
        ("AKIA0123456789ABCDEF", SECRET),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc", SECRET),
        ("https://anna:hunter2@example.org/x", f"https://{SECRET}@example.org/x"),
        ("pay 4111 1111 1111 1111 please", f"pay {SECRET} please"),
        ("-----BEGIN RSA PRIVATE KEY----- MIIE", SECRET),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("the password was wrong?", "the password was wrong?"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ"),
        ("token ring", "token ring"),
    ],
)
def test_secrets(text: str, recorded: str) -> None:
    """Passwords, keys and card numbers go; video ids, numbers and talk about passwords stay."""
    assert SecretRedaction().redact(text) == recorded


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("write to anna.b+x@example.co.uk!", f"write to {MAIL}!"),
        ("call +49 170 1234567", f"call {PHONE}"),
        ("call 0170/1234567 now", f"call {PHONE} now"),
        ("555 123-4567 8", PHONE),
        ("join 192.168.0.17", f"join {ADDRESS}"),
        ("version 1.2.3", "version 1.2.3"),
        ("it is 12:30, room 101", "it is 12:30, room 101"),
        ("2026-11-24", "2026-11-24"),
        ("@anna said hi", "@anna said hi"),
        ("https://example.org/12345678901", "https://example.org/12345678901"),
    ],
)
def test_contacts(text: str, recorded: str) -> None:
    """Addresses and phone numbers go; dates, versions, names and links stay."""
    assert ContactRedaction().redact(text) == recorded
