"""Mail, handed to a real SMTP server of this machine."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs

from roomserver.config import MailConfig
from roomserver.privacy.mail import Letter, Post, SmtpMailer, Unsubscriber
from roomserver.privacy.pages import UNSUBSCRIBE
from storage.database import Database
from storage.privacy.keys import Keys
from storage.privacy.suppressions import Suppressions
from tests.roomserver.gateway.test_http import fetch
from tests.support.canary import hits
from tests.support.server import PASSWORD, House

NOW = 1_700_000_000_000
ANNA = "anna@example.org"


class Inbox:
    """Takes messages, or refuses them while ``refuses`` is set."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuses = ""
        self.unknown: dict[str, str] = {}
        """Recipients that are refused, with the answer."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep a message."""
        if self.refuses:
            return self.refuses
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


class Office:
    """A post office with a real server behind it."""

    def __init__(self, db: Database, folder: Path, config: MailConfig) -> None:
        keys = Keys(folder)
        self.suppressions = Suppressions(db, keys)
        self.unsubscriber = Unsubscriber(keys, self.suppressions, lambda: NOW)
        self.consenting = ["anna-id"]
        self.post = Post(config, SmtpMailer(config), self.suppressions, self.unsubscriber, self.may_market)

    async def may_market(self) -> list[str]:
        """Return who consented."""
        return self.consenting

    def advertise(self, email: str = ANNA, account_id: str = "anna-id") -> None:
        """Put an advertising letter in the queue."""
        self.post.put(Letter(account_id, email, "New tracks", "Come and listen.", "marketing"))


def served() -> Iterator[tuple[Inbox, MailConfig]]:
    """Run a mail server; yield what it takes, and the settings that lead there."""
    inbox = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield (
        inbox,
        MailConfig(
            host="127.0.0.1",
            port=port,
            security="none",
            sender="Rooms <rooms@example.org>",
            url="https://rooms.example.org/",
            postal_address="1 Example Street",
        ),
    )
    controller.stop()


@pytest.fixture(name="smtp")
def _smtp() -> Iterator[tuple[Inbox, MailConfig]]:
    yield from served()


@pytest.fixture(name="office")
async def _office(smtp: tuple[Inbox, MailConfig], tmp_path: Path) -> Any:
    database = await Database.open(tmp_path / "mail.db")
    yield Office(database, tmp_path, smtp[1])
    await database.close()


async def test_a_letter_arrives(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """A letter about the own account goes out as it is, with nothing to unsubscribe from."""
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready: ü"))
    assert await office.post.flush() == 1
    [message] = smtp[0].messages

    assert (message["To"], message["From"], message["Subject"]) == (
        ANNA,
        "Rooms <rooms@example.org>",
        "Your copy",
    )
    assert "It is ready: ü" in message.get_content()
    assert message["List-Unsubscribe"] is None
    assert len(office.post) == 0


async def test_advertising_can_be_ended_with_one_click(
    office: Office, smtp: tuple[Inbox, MailConfig]
) -> None:
    """Advertising carries the headers of RFC 8058, a link for people, and the operator's address."""
    office.advertise()
    await office.post.flush()
    [message] = smtp[0].messages
    link = message["List-Unsubscribe"].strip("<>")

    assert link.startswith(f"https://rooms.example.org{UNSUBSCRIBE}")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.get_content()
    assert "1 Example Street" in message.get_content()
    assert "anna" not in link


async def test_asked_at_the_moment_of_sending(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """A queue that was built before somebody unsubscribed sends them nothing."""
    for _ in range(3):
        office.advertise()
    assert await office.unsubscriber.unsubscribe(office.unsubscriber.word("Anna@Example.ORG"), "one_click")

    assert await office.post.flush() == 0
    assert smtp[0].messages == []
    assert office.post.held_back == 3


async def test_consent_is_asked_too(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """Who took the consent back meanwhile gets no advertising, and still what concerns the account."""
    office.advertise()
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    office.consenting = []

    assert await office.post.flush() == 1
    assert [message["Subject"] for message in smtp[0].messages] == ["Your copy"]


async def test_a_server_that_refuses(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """A letter that is not taken waits, and goes out when it is; the log does not repeat the address."""
    smtp[0].refuses = "451 later, anna@example.org"
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    assert await office.post.flush() == 0
    assert (len(office.post), office.post.failed) == (1, 1)
    smtp[0].refuses = ""

    assert await office.post.flush() == 1


BAD = (">x@y.z", "a@b.c,d@e.f", "x@y..z", "=?utf-8?q?other?=@example.org", "a@b.c\nBcc: d@e.f")


@pytest.mark.parametrize("address", BAD)
async def test_what_is_no_address(office: Office, smtp: tuple[Inbox, MailConfig], address: str) -> None:
    """A letter to what is none, or would be another one, is given up; those behind it go out."""
    office.post.put(Letter("ben-id", address, "Your copy", "It is ready."))
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    with capture_logs() as lines:
        assert await office.post.flush() == 1
    assert [message["To"] for message in smtp[0].messages] == [ANNA]
    assert (len(office.post), office.post.undeliverable, office.post.failed) == (0, 1, 0)
    assert address not in str(lines)


@pytest.mark.parametrize("answer", ["550 no such user", "552 too much"])
async def test_refused_for_good(office: Office, smtp: tuple[Inbox, MailConfig], answer: str) -> None:
    """A recipient that nobody knows, or a message that is refused for good, holds up no other letter."""
    smtp[0].unknown = {"gone@example.org": answer}
    office.post.put(Letter("gone-id", "gone@example.org", "Your copy", "It is ready."))
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    assert await office.post.flush() == 1
    assert (len(office.post), office.post.undeliverable) == (0, 1)
    smtp[0].refuses = "554 not this one"
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    assert await office.post.flush() == 0
    assert (len(office.post), office.post.undeliverable) == (0, 2)


async def test_refused_for_now(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """A recipient who can take nothing now is written to later."""
    smtp[0].unknown = {ANNA: "452 full"}
    office.post.put(Letter("anna-id", ANNA, "Your copy", "It is ready."))
    assert await office.post.flush() == 0
    assert (len(office.post), office.post.undeliverable) == (1, 0)


async def test_letters_of_other_alphabets(office: Office, smtp: tuple[Inbox, MailConfig]) -> None:
    """Where the mail server knows ASCII alone, a letter to another address is given up, not the queue."""
    office.post.put(Letter("ua-id", "ü@example.org", "Your copy", "It is ready."))
    office.post.put(Letter("anna-id", "anna+rooms@example.org", "Your copy", "It is ready."))
    await office.post.flush()
    assert len(office.post) == 0
    assert smtp[0].messages[-1]["To"] == "anna+rooms@example.org"


async def test_no_server_no_mail(tmp_path: Path) -> None:
    """Without a configured server nothing waits for ever."""
    database = await Database.open(tmp_path / "mail.db")
    office = Office(database, tmp_path, MailConfig())
    office.advertise()
    await database.close()

    assert len(office.post) == 0


async def test_words_cannot_be_made_up(office: Office) -> None:
    """A word that nobody was given ends nothing; a good one may be used again and again."""
    good = office.unsubscriber.word(ANNA)
    for bad in ("", "x", ".", good[:-2], f"A{good}", good.split(".", maxsplit=1)[0], "ü.ü"):
        assert not await office.unsubscriber.unsubscribe(bad, "link"), bad
    assert await office.unsubscriber.unsubscribe(good, "link")
    assert await office.unsubscriber.unsubscribe(good, "one_click")
    assert await office.suppressions.has(ANNA, "marketing")


async def test_letters_of_the_erased(office: Office) -> None:
    """A letter that still waits goes with its account."""
    office.advertise()
    office.advertise("ben@example.org", "ben-id")

    assert office.post.scrub("anna-id") == 1
    assert [letter.account_id for letter in office.post.letters()] == ["ben-id"]


async def post(house: House, path: str, body: bytes = b"List-Unsubscribe=One-Click", head: str = "") -> Any:
    """Send a POST as a mail program does."""
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    return await fetch(house.port, lines.encode() + body)


async def test_over_http(house: House) -> None:
    """A GET shows a button and ends nothing, for scanners follow links; a POST ends it, without a login."""
    rights = house.server.rights
    path = UNSUBSCRIBE + rights.unsubscriber.word(ANNA)
    page = await fetch(house.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert page.status == 200
    assert b'<form method="post"' in page.body
    assert not await rights.suppressions.has(ANNA, "marketing")
    assert (await post(house, path)).status == 200
    assert await rights.suppressions.has(ANNA, "marketing")
    assert (await post(house, path)).status == 200
    assert (await post(house, UNSUBSCRIBE + "made.up")).status == 404
    assert (await fetch(house.port, f"PUT {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())).status in {400, 405}
    assert ANNA not in re.sub(r"\s", "", str(hits(house.data, [ANNA])))


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("Transfer-Encoding: nonsense\r\n", b"", 400),
        ("", b"x" * 5000, 400),
        ("A: " + "b" * 20_000 + "\r\n", b"", 400),
    ],
)
async def test_strange_posts(house: House, head: str, body: bytes, status: int) -> None:
    """What is no request, or too big, is refused in HTTP."""
    page = await post(house, UNSUBSCRIBE + "a.b", body, head)

    assert page.status in {status, 431}


async def test_erasure_keeps_the_suppression(house: House) -> None:
    """Whoever unsubscribed, was erased and registers again stays unsubscribed; only a hash is kept."""
    rights = house.server.rights
    address = "canary-address@example.org"
    wire = await house.wire()
    params = {"username": "anna", "password": PASSWORD, "accept_policy": True, "email": address}
    wire.became(await wire.ask("session.register", birth={"year": 1990, "month": 1, "day": 1}, **params))
    await rights.unsubscriber.unsubscribe(rights.unsubscriber.word(address), "link")
    await wire.ask("privacy.erase", confirm="anna", password=PASSWORD)
    await rights.erasures.settled()

    assert hits(house.data, ["canary-address"]) == {}
    assert await rights.suppressions.has(address, "marketing")
