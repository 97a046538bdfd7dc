"""Redaction: what people should not have said in public is not recorded, whoever saw it live."""

from __future__ import annotations

import re
from typing import Any

from storage.privacy.hooks import ALLOWED, Decision, Hook, RecordContext
from storage.privacy.policy import Recording

_TEXTS = ("text", "reason")
"""Fields of records that hold what people wrote."""

SECRET, MAIL, PHONE, ADDRESS = "[secret]", "[e-mail]", "[phone number]", "[address]"

_SECRETS = re.compile(
    r"""
    -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*            # a key in PEM, and all behind it
    | \beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*               # a JSON Web Token
    | \b(?:gh[pousr]|github_pat)_\w{20,}                # GitHub
    | \bxox[abeoprs]-[\w-]{10,}                         # Slack
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                     # Amazon
    | \bsk-[\w-]{20,}                                   # several sellers of interfaces
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                   # user:password@ in an address
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMAND = re.compile(
    r"^(\s*[/!](?:login|auth|password|identify|register|nickserv)\b).+", re.IGNORECASE | re.DOTALL
)
_ASSIGNED = re.compile(
    r"\b(pass(?:word|wd|phrase)?|pwd|secret|api[ _-]?key|token)(\s*(?:is|[:=])\s*)\S+", re.IGNORECASE
)
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")
_PHONE = re.compile(r"(?<![\w/.=-])(?:\+|00)?\d(?:[ ()./-]{0,2}\d){8,14}(?![\w/-])")
_IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")


class _Redaction(Hook):
    """Replaces parts of what people wrote."""

    categories = frozenset({"chat", "moderation"})

    def before_record(self, context: RecordContext) -> Decision:
        """Replace what must not be recorded."""
        changed: dict[str, Any] = {
            field: redacted
            for field in _TEXTS
            if isinstance(text := context.body.get(field), str) and (redacted := self.redact(text)) != text
        }
        if not changed:
            return ALLOWED
        return Decision(Recording.REDACT, {**context.body, **changed}, reason=self.name)

    def redact(self, text: str) -> str:
        """Return the text without what must not be recorded."""
        raise NotImplementedError


class SecretRedaction(_Redaction):
    """Does not record passwords, keys and card numbers."""

    name = "redact-secrets"
    priority = 20

    def redact(self, text: str) -> str:
        """Replace what looks like a password, a key or a card number."""
        text = _COMMAND.sub(rf"\1 {SECRET}", text)
        text = _SECRETS.sub(SECRET, text)
        text = _ASSIGNED.sub(rf"\1\2{SECRET}", text)
        return _CARD.sub(lambda match: SECRET if _is_card(match[0]) else match[0], text)


class ContactRedaction(_Redaction):
    """Does not record e-mail addresses, phone numbers and network addresses."""

    name = "redact-contacts"
    priority = 30

    def redact(self, text: str) -> str:
        """Replace what looks like an address or a number where somebody can be reached."""
        return _PHONE.sub(PHONE, _IPV4.sub(ADDRESS, _MAIL.sub(MAIL, text)))


def _is_card(number: str) -> bool:
    """Say whether digits pass the check of card numbers (ISO/IEC 7812, Luhn's)."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
