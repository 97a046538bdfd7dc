"""Letters about the own account, on a running server with a mail server behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from roomserver.config import MailConfig
from roomserver.privacy.letters import Words
from storage.privacy.tombstones import Tombstones
from tests.roomserver.privacy.test_announcing import publish
from tests.roomserver.privacy.test_mail import Inbox, served
from tests.support.server import PASSWORD, House, Wire

ADDRESS = "anna@example.org"


@pytest.fixture(name="inbox")
def _inbox() -> Iterator[tuple[Inbox, MailConfig]]:
    yield from served()


@pytest.fixture(name="house")
async def _house(data: Path, inbox: tuple[Inbox, MailConfig]) -> AsyncIterator[House]:
    home = await House(data).open()
    home.server.rights.post._config = inbox[1]
    home.server.rights.post._mailer._config = inbox[1]  # type: ignore[attr-defined]  # the mailer of SMTP
    home.server.rights.letters._url = inbox[1].url.rstrip("/")
    yield home
    await home.close()


async def anna_of(house: House) -> Wire:
    """Let Anna register with her address."""
    wire = await house.wire()
    birth = {"year": 1990, "month": 1, "day": 1}
    params = {"username": "anna", "password": PASSWORD, "accept_policy": True, "email": ADDRESS}
    return wire.became(await wire.ask("session.register", birth=birth, **params))


async def test_a_copy_is_ready(house: House, inbox: tuple[Inbox, MailConfig]) -> None:
    """The letter has the link that the connection was told too."""
    anna = await anna_of(house)
    await anna.ask("privacy.export")
    ready = await anna.hear("privacy.export_ready")
    await house.server.rights.exports.settled()
    await house.server.rights.post.flush()
    [letter] = inbox[0].messages

    assert letter["To"] == ADDRESS
    assert f"https://rooms.example.org{ready['url']}" in letter.get_content()


async def test_frozen(house: House, inbox: tuple[Inbox, MailConfig]) -> None:
    """Whoever is frozen is told what to do, and until when; too young, the address rests for thirty days."""
    anna = await anna_of(house)
    await house.server.rights.ages.freeze(anna.user["id"], "operator")
    await house.server.rights.post.flush()
    assert [letter["Subject"] for letter in inbox[0].messages] == ["Your account is frozen"]
    await house.server.rights.ages.decide(anna.user["id"], is_old_enough=False)
    await house.server.rights.erasures.settled()

    rights = house.server.rights
    tombstones = Tombstones(rights.vault.database, rights.vault.keys)
    assert await tombstones.has_email(ADDRESS, rights.now_ms())


async def test_a_policy_that_keeps_more(house: House, inbox: tuple[Inbox, MailConfig]) -> None:
    """Everybody with an address is written to once, and told what changes and from when on."""
    await anna_of(house)
    await publish(house)
    await house.server.rights.tick()
    await house.server.rights.tick()
    [letter] = inbox[0].messages

    assert letter["Subject"] == "The privacy policy changes"
    assert "votes is kept for 60 days" in letter.get_content()


async def test_advertising(house: House, inbox: tuple[Inbox, MailConfig]) -> None:
    """Only who consented gets it, and nothing more after the click."""
    anna = await anna_of(house)
    rights = house.server.rights
    assert (await rights.advertise(Words("New", "Come")))["written"] == 0
    await anna.ask("privacy.consents", marketing=True)
    assert (await rights.advertise(Words("New", "Come")))["sent"] == 1
    await rights.unsubscriber.unsubscribe(rights.unsubscriber.word(ADDRESS), "one_click")
    counts = await rights.advertise(Words("New", "Come"))

    assert (counts["sent"], counts["held_back"]) == (0, 1)
    assert len(inbox[0].messages) == 1
