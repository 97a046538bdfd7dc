"""
Mail: letters about the own account, and those that somebody asked for.

What concerns an account always goes out; a marketing letter only to who consented and did not
unsubscribe, both asked at the moment of sending. A link in it ends such mail without a login,
also with one click (RFC 8058), and what it knows of the address is a keyed hash.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hmac
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal, NamedTuple, Protocol

import aiosmtplib
import structlog

from roomserver.config import MailConfig
from roomserver.privacy.pages import UNSUBSCRIBE
from storage.privacy.keys import Keys
from storage.privacy.suppressions import Source, Suppressions
from storage.privacy.tombstones import email_key

log = structlog.get_logger("mail")

TIMEOUT_SECONDS = 30.0
_PERMANENT = 500
"""Answers of SMTP from here on are for good (RFC 5321, 4.2.1)."""

Stream = Literal["account", "marketing"]
"""``account``: about the recipient's own account, which cannot be refused."""


class Letter(NamedTuple):
    """
    Something to send. ``account_id`` is asked for its consent when it is marketing; after
    ``until_ms`` it is not worth keeping.
    """

    account_id: str
    email: str
    subject: str
    text: str
    stream: Stream = "account"
    until_ms: int | None = None


class UndeliverableError(Exception):
    """A message that nobody will ever take: its address is none, or it was refused for good."""


class Mailer(Protocol):
    """What carries a message away."""

    async def send(self, message: EmailMessage) -> None:
        """
        Hand a message over.

        Raises:
            OSError: it was not taken; it may be later.
            UndeliverableError: it never will be.
            ValueError: same, for it is none.

        """
        ...


class SmtpMailer:
    """Hands messages to an SMTP server."""

    def __init__(self, config: MailConfig) -> None:
        self._config = config

    async def send(self, message: EmailMessage) -> None:
        """Hand a message over; what the server says in refusal is not repeated: it names the address."""
        config = self._config
        try:
            await aiosmtplib.send(
                message,
                hostname=config.host,
                port=config.port,
                username=config.username or None,
                password=config.password or None,
                use_tls=config.security == "tls",
                start_tls=config.security == "starttls",
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPException as error:
            words = f"the mail server refused: {type(error).__name__}"
            raise UndeliverableError(words) if _is_for_good(error, message) else OSError(words) from None


def _is_for_good(error: aiosmtplib.SMTPException, message: EmailMessage) -> bool:
    """Say whether this message or its recipient was refused, and for good: not we, and not for now."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            return all(one.code >= _PERMANENT for one in error.recipients)
        case aiosmtplib.SMTPDataError():
            return error.code >= _PERMANENT
        case aiosmtplib.SMTPNotSupported():
            return not str(message["To"]).isascii()
    return False


class Unsubscriber:
    """Makes and reads the words of links that end mail."""

    def __init__(self, keys: Keys, suppressions: Suppressions, now_ms: Callable[[], int]) -> None:
        self._keys = keys
        self._suppressions = suppressions
        self._now_ms = now_ms

    def word(self, email: str) -> str:
        """Return the word for an address: its keyed hash, signed."""
        keyed = self._keys.mac("suppression", email_key(email))
        return f"{_text(keyed)}.{_text(self._signature(keyed))}"

    async def unsubscribe(self, word: str, source: Source) -> bool:
        """End marketing mail to whom a word belongs; False for a word that nobody was given."""
        keyed, signature = (_bytes(part) for part in (*word.split(".", 1), "")[:2])
        if not hmac.compare_digest(self._signature(keyed), signature):
            return False
        await self._suppressions.add_keyed(keyed, "marketing", source, self._now_ms())
        return True

    def _signature(self, keyed: bytes) -> bytes:
        return self._keys.mac("suppression", "unsubscribe", keyed)


class Post:
    """
    The letters that wait, and their way out.

    ``may_market`` returns the accounts that consented by now.
    """

    def __init__(
        self,
        config: MailConfig,
        mailer: Mailer,
        suppressions: Suppressions,
        unsubscriber: Unsubscriber,
        may_market: Callable[[], Awaitable[list[str]]],
    ) -> None:
        self._config = config
        self._mailer = mailer
        self._suppressions = suppressions
        self._unsubscriber = unsubscriber
        self._may_market = may_market
        self._waiting: deque[Letter] = deque()
        self._turn = asyncio.Lock()
        """Held while letters go out: no two may take the same one."""
        self.sent = 0
        self.held_back = 0
        """Marketing letters that were not sent: refused, or not consented to any more."""
        self.failed = 0
        """Times that a letter was not taken and waits on."""
        self.undeliverable = 0
        """Letters that were given up."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_open(self) -> bool:
        """Whether there is a mail server to send by."""
        return bool(self._config.host)

    def put(self, letter: Letter) -> None:
        """Take a letter; it goes out with the next :meth:`flush`."""
        if self.is_open:
            self._waiting.append(letter)

    def letters(self) -> Iterable[Letter]:
        """Return the letters that wait."""
        return self._waiting

    def awaits(self, account_id: str) -> bool:
        """Say whether a letter to an account waits."""
        return any(letter.account_id == account_id for letter in self._waiting)

    def scrub(self, account_id: str) -> int:
        """Forget the letters to an account that is erased; return how many there were."""
        before = len(self._waiting)
        self._waiting = deque(letter for letter in self._waiting if letter.account_id != account_id)
        return before - len(self._waiting)

    async def flush(self) -> int:
        """
        Send what waits and may be sent; return how much that was.

        A letter that is not taken is tried again with the next flush, and with it those behind it; one
        that never will be is given up.
        """
        async with self._turn:
            return await self._send_all()

    def expire(self, now_ms: int) -> int:
        """Forget the letters that are not worth keeping any longer; return how many."""
        before = len(self._waiting)
        self._waiting = deque(one for one in self._waiting if one.until_ms is None or one.until_ms > now_ms)
        return before - len(self._waiting)

    async def _send_all(self) -> int:
        sent = 0
        while self._waiting:
            letter = self._waiting[0]
            if letter.stream == "marketing" and not await self._may_go(letter):
                self._drop(letter)
                self.held_back += 1
                continue
            try:
                await self._mailer.send(self._message(letter))
            except OSError as error:
                self.failed += 1
                log.warning("mail not taken", waiting=len(self._waiting), cause=type(error).__name__)
                break
            except (UndeliverableError, ValueError) as error:
                self._drop(letter)
                self.undeliverable += 1
                log.warning("mail undeliverable", waiting=len(self._waiting), cause=type(error).__name__)
                continue
            self._drop(letter)
            self.sent += 1
            sent += 1
        return sent

    def _drop(self, letter: Letter) -> None:
        # It may have been scrubbed while it was on its way.
        if self._waiting and self._waiting[0] is letter:
            self._waiting.popleft()

    async def _may_go(self, letter: Letter) -> bool:
        # Asked at the last moment: who unsubscribed a second ago gets nothing more.
        if await self._suppressions.has(letter.email, "marketing"):
            return False
        return letter.account_id in await self._may_market()

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._config.sender
        message["To"] = letter.email
        if [one.addr_spec for one in message["To"].addresses] != [letter.email]:
            raise UndeliverableError("what was given as an address is none, or another one")
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(dt.datetime.now(dt.UTC))
        message["Message-ID"] = make_msgid(domain=self._config.sender.rpartition("@")[2].strip(">") or None)
        text = letter.text.rstrip() + "\n"
        if letter.stream == "marketing":
            url = self._config.url.rstrip("/") + UNSUBSCRIBE + self._unsubscriber.word(letter.email)
            message["List-Unsubscribe"] = f"<{url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            text += f"\n-- \nNo more of these mails: {url}\n{self._config.postal_address}\n"
        message.set_content(text)
        return message


class Pending:
    """The letters that wait, as a holder of personal data."""

    name = "mail"
    categories = frozenset({"account"})
    max_age_s: int | None = None

    def __init__(self, post: Post) -> None:
        self._post = post

    def scrub(self, subject: str, ids: Collection[str] | None) -> int:
        """Forget the letters to an account."""
        return self._post.scrub(subject) if ids is None else 0

    def expire(self, now: int) -> int:
        """Forget the letters whose own time is over; others wait until they are sent."""
        return self._post.expire(now)

    def contains(self, probe: bytes) -> int:
        """Count the letters that hold these bytes."""
        return sum(probe in repr(letter).encode() for letter in self._post.letters())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
