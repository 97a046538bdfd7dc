"""Accounts that nobody signs in to: two letters, a countdown that signing in stops, an erasure at its end."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.limits import DAY_MS
from roomserver.admin.privacy import PrivacyStatus
from roomserver.admin.retention import PrivacyAllow
from roomserver.config import MailConfig
from roomserver.privacy import inactivity
from roomserver.testing.server import ADULT, PASSWORD, RoomServer
from roomserver.testing.visitor import Visitor
from roomserver.testing.wire import Refused
from tests.roomserver.privacy.test_mail import Inbox
from tests.roomserver.test_sweep_loop import SteppedClock

INACTIVE_DAYS = 730


@pytest.fixture(name="server")
async def _server(data: Path, mail: MailConfig, letters: Inbox) -> AsyncIterator[RoomServer]:
    assert letters.messages == []
    async with RoomServer(data, clock=SteppedClock(), mail=mail) as server:
        yield server


async def anna_of(server: RoomServer, name: str = "Anna", email: str | None = "anna@example.org") -> str:
    """Let Anna register and leave; return her account's id."""
    anna = await server.stranger()
    birth = {"year": ADULT.year, "month": ADULT.month, "day": ADULT.day}
    params: dict[str, Any] = {"username": name, "password": PASSWORD, "birth": birth, "accept_policy": True}
    if email is not None:
        params["email"] = email
    anna.became(await anna.ask("session.register", **params))
    await gone(anna)
    return anna.id


async def gone(visitor: Visitor) -> None:
    """Let somebody disconnect, and the server notice."""
    visitor.socket.transport.abort()
    await visitor.closed()


async def after(server: RoomServer, days: int) -> None:
    """Let days pass, and accounts be looked through."""
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    clock.set_ms(clock.now_ms() + days * DAY_MS)
    await look(server)


async def look(server: RoomServer) -> None:
    """Look through the accounts, as the sweep does every hour of trusted time."""
    rights = server.server.rights
    await rights.inactivity.look(server.clock.now_ms())
    await rights.erasures.settled()


async def is_there(server: RoomServer, account_id: str) -> bool:
    """Say whether an account exists."""
    return bool(await server.server._database.rows("SELECT 1 FROM accounts WHERE id = ?", (account_id,)))


def subjects(letters: Inbox) -> list[str]:
    """Return what was written about, of the account's end."""
    return [str(letter["Subject"]) for letter in letters.messages if "erased" in str(letter["Subject"])]


async def status(server: RoomServer) -> dict[str, Any]:
    """Return what the operator sees."""
    return dict(await server.server.administration.run(PrivacyStatus()))


async def test_warned_twice_then_erased(server: RoomServer, letters: Inbox) -> None:
    """Letters thirty and seven days before with the day in them, over a restart; then the normal erasure."""
    ident = await anna_of(server)
    await after(server, INACTIVE_DAYS - 31)
    assert subjects(letters) == []
    await after(server, 1)
    assert len(subjects(letters)) == 1
    assert (await status(server))["inactive"] == 1
    await server.restart()
    await after(server, 22)
    assert len(subjects(letters)) == 1
    await after(server, 1)
    assert len(subjects(letters)) == 2
    told = {re.search(r"after (\S+),", letter.get_content())[1] for letter in letters.messages}  # type: ignore[index]
    assert len(told) == 1, "expected both letters to name the same day"
    await server.restart()
    await after(server, 6)
    assert await is_there(server, ident)
    await after(server, 1)

    assert not await is_there(server, ident)
    [request] = await server.server._database.rows("SELECT basis, stage FROM privacy_requests")
    assert (request["basis"], request["stage"]) == ("inactive", "complete")
    actions = [row["action"] for row in await server.server.rights.audit.tail(20)]
    assert actions.count("inactive.warned") == 2
    assert (await server.server.rights.audit.verify()).is_intact
    assert (await status(server))["inactive"] == 0


async def test_signing_in_stops_it(server: RoomServer, letters: Inbox) -> None:
    """Whoever signs in after the last letter has two more years."""
    ident = await anna_of(server)
    await after(server, INACTIVE_DAYS - 30)
    await after(server, 29)
    assert len(subjects(letters)) == 2
    anna = await server.stranger()
    anna.became(await anna.ask("session.login", username="Anna", password=PASSWORD))
    assert (await anna.ask("privacy.status"))["privacy"].get("erased_at_ms") is None
    await gone(anna)
    await after(server, 2)
    await after(server, INACTIVE_DAYS - 40)
    assert await is_there(server, ident)
    assert len(subjects(letters)) == 2
    assert (await status(server))["inactive"] == 0


async def test_who_is_here_is_not_inactive(server: RoomServer, letters: Inbox) -> None:
    """A connection that has lasted for two years is somebody who uses the account."""
    anna = await server.user("Anna")
    await after(server, INACTIVE_DAYS)
    await after(server, 60)
    assert await is_there(server, anna.id)
    assert subjects(letters) == []


async def test_administrators_and_bots_are_not_counted(server: RoomServer) -> None:
    """An operator's account and a bot do not end for want of signing in."""
    keeper = await server.keeper()
    await server.bot("beep", "chat.read")
    await gone(keeper)
    server._keeper = None
    before = await server.server._database.rows("SELECT id FROM accounts WHERE kind <> 'guest'")
    for days in (INACTIVE_DAYS, 30, 30):
        await after(server, days)
    assert await server.server._database.rows("SELECT id FROM accounts WHERE kind <> 'guest'") == before


async def test_no_letter_no_countdown(server: RoomServer, letters: Inbox) -> None:
    """While the mail server takes nothing the countdown does not begin, and one letter goes when it does."""
    ident = await anna_of(server)
    letters.refuses = "451 later"
    for days in (INACTIVE_DAYS, 30, 30):
        await after(server, days)
    assert await is_there(server, ident)
    assert (await status(server))["inactive"] == 0
    letters.refuses = ""
    await after(server, 1)
    assert len(subjects(letters)) == 1
    await after(server, 29)
    assert await is_there(server, ident), "expected thirty days from the first letter on"
    assert len(subjects(letters)) == 2
    await after(server, 7)
    assert not await is_there(server, ident)


async def test_an_address_that_gets_no_mail(server: RoomServer, letters: Inbox) -> None:
    """An address that is refused for good counts as none, and holds up nobody else's letter or time."""
    letters.unknown = {"gone@example.org": "550 no such user"}
    odd = await anna_of(server, "Odd")
    idents = [odd, await anna_of(server, "Moved", "gone@example.org"), await anna_of(server)]
    async with server.server._database.transaction() as tx:  # from before addresses were looked at closely
        await tx.execute("UPDATE accounts SET email = '>x@y.z' WHERE id = ?", (odd,))
    await after(server, INACTIVE_DAYS)
    assert len(subjects(letters)) == 1
    assert (await status(server))["inactive"] == 3
    await after(server, 29)
    await after(server, 7)
    assert [await is_there(server, ident) for ident in idents] == [False, False, False]


async def test_without_an_address_the_time_runs(server: RoomServer, letters: Inbox) -> None:
    """Who gave no address cannot be written to, and still has the thirty days."""
    ident = await anna_of(server, email=None)
    await after(server, INACTIVE_DAYS)
    await after(server, 29)
    assert await is_there(server, ident)
    await after(server, 7)
    assert not await is_there(server, ident)
    assert subjects(letters) == []


async def test_a_frozen_account_keeps_its_own_end(server: RoomServer) -> None:
    """Freezing replaces the countdown; signing in while frozen does not lengthen the time for a proof."""
    ident = await anna_of(server)
    await after(server, INACTIVE_DAYS - 30)
    await server.server.rights.ages.freeze(ident, "operator")
    frozen = (await server.server.rights.standings.of(ident)).erase_at_ms
    anna = await server.stranger()
    anna.became(await anna.ask("session.login", username="Anna", password=PASSWORD))
    standing = await server.server.rights.standings.of(ident)
    assert (standing.state, standing.erase_at_ms, standing.warnings) == ("frozen", frozen, 0)
    await server.server.rights.ages.decide(ident, is_old_enough=True)
    assert (await server.server.rights.standings.of(ident)).erase_at_ms is None


async def test_a_clock_set_ahead_warns_nobody(server: RoomServer, letters: Inbox) -> None:
    """The sweep asks the time that is trusted: a wall clock two years ahead warns and erases nobody."""
    ident = await anna_of(server)
    clock = server.clock
    assert isinstance(clock, SteppedClock)
    await server.server.sweeps.once()
    clock.step_ms = 800 * DAY_MS
    for _ in range(5):
        clock.set_ms(clock.now_ms() + DAY_MS // 6)
        await server.server.sweeps.once()
    assert await is_there(server, ident)
    assert subjects(letters) == []


async def test_too_many_at_once_wait(server: RoomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a fifth of all accounts would end at once, they wait for the operator, and the health says so."""
    monkeypatch.setattr(inactivity, "ACCOUNTS_MIN", 1)
    idents = [await anna_of(server, f"Anna{n}", None) for n in range(2)]
    await after(server, INACTIVE_DAYS)
    await after(server, 29)
    await after(server, 7)
    assert [await is_there(server, ident) for ident in idents] == [True, True]
    await server.server.sweeps.once()
    assert server.server.sweeps.check() == "deletion waits for the operator: account"
    await server.server.administration.run(PrivacyAllow(category="account"))
    await after(server, 1)
    assert [await is_there(server, ident) for ident in idents] == [False, False]
    await after(server, 1)
    assert await server.server._database.rows("SELECT * FROM sweep_pauses") == []


async def test_the_notice_says_it(server: RoomServer) -> None:
    """How long an unused account lives stands in the notice."""
    notice = (await (await server.guest()).ask("privacy.notice"))["notice"]
    assert "nobody signs in to for 730 days is erased" in notice["text"]


async def test_coming_back_too_late(server: RoomServer) -> None:
    """An account that ended lets nobody in; it is as if there had never been one."""
    await anna_of(server)
    for days in (INACTIVE_DAYS, 29, 7):
        await after(server, days)
    late = await server.stranger()
    with pytest.raises(Refused) as refused:
        await late.ask("session.login", username="Anna", password=PASSWORD)
    assert refused.value.error["code"] == "invalid_credentials"
