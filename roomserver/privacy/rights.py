"""The rights of people, put together from the parts of a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from protocol.privacy import RequestStage
from roomserver.alive import Alive
from roomserver.api.caller import Caller
from roomserver.api.privacy import PrivacyServices
from roomserver.config import MailConfig
from roomserver.identity import Login, new_id
from roomserver.privacy.age import Ages, AgeStores
from roomserver.privacy.announcing import Announcer
from roomserver.privacy.choices import Choices, ChoiceStores
from roomserver.privacy.door import Door
from roomserver.privacy.erasure import Erasures, ErasureStores, late_stages
from roomserver.privacy.exports import Exports, ExportStores
from roomserver.privacy.inactivity import Inactivity, InactivityStores
from roomserver.privacy.leaving import Leaving, Reach
from roomserver.privacy.letters import Letters, Words
from roomserver.privacy.mail import Pending, Post, SmtpMailer, Unsubscriber
from roomserver.privacy.memory import Outgoing, PeopleMemory, RoomMemory, flush_outgoing
from roomserver.privacy.pages import PrivacyPages
from roomserver.privacy.proofs import Proofs, ProofStores
from roomserver.privacy.receipts import Receipts
from roomserver.privacy.replay import replay
from roomserver.privacy.unowned import UnownedRooms, UnownedStores
from roomserver.privacy.vault import Vault
from roomserver.retention import Retention
from roomserver.rounds import Rounds, ended
from storage.accounts import Accounts
from storage.archived import ArchivedRooms
from storage.bots import Bots
from storage.privacy.audit import Actor, Audit, AuditAction, Entry
from storage.privacy.eraser import Eraser
from storage.privacy.holders import DataHolder, Holders
from storage.privacy.inactivity import InactiveAccounts
from storage.privacy.keeping import Keeping
from storage.privacy.pauses import Pauses
from storage.privacy.proofs import ProofFiles
from storage.privacy.recorder import InForce
from storage.privacy.reports import AgeReports
from storage.privacy.requests import Basis, Requests
from storage.privacy.standing import Standings
from storage.privacy.suppressions import Suppressions
from storage.privacy.tombstones import Tombstones
from storage.privacy.versions import Versions
from storage.rooms import Rooms

TICK_SECONDS = 60.0
"""How often what is due by time is looked for: proofs that did not come, archives, a policy's day."""


class Rights:
    """
    Erasure, copies, choices, age, mail and policy versions of a server.

    ``outgoing`` returns the open connections; ``resume_ms`` is how long a client may resume.
    """

    def __init__(
        self,
        vault: Vault,
        alive: Alive,
        retention: Retention,
        mail: MailConfig,
        outgoing: Callable[[], Iterable[Outgoing]],
        resume_ms: int,
    ) -> None:
        database, keys, recorder = vault.database, vault.keys, retention.recorder
        self.vault = vault
        self.audit = Audit(database, keys)
        self.requests = Requests(database, keys)
        self.standings = Standings(database, keys)
        self.suppressions = Suppressions(database, keys)
        self.holders, self.keeping = Holders(), Keeping(recorder.hooks.hooks)
        self._files: list[DataHolder] = []
        self._recorder = recorder
        self.now_ms = now_ms = alive.clock.now_ms
        self.trusted_ms = retention.trusted_ms
        self.door = Door(database, self.standings, Tombstones(database, keys), recorder, now_ms)
        self.unsubscriber = Unsubscriber(keys, self.suppressions, now_ms)
        self.post = Post(mail, SmtpMailer(mail), self.suppressions, self.unsubscriber, self._may_market)
        self.letters = Letters(Accounts(database), self.post, mail)
        export_stores = ExportStores(database, self.requests, self.audit, keys, vault.folder, self.keeping)
        self.exports = Exports(export_stores, alive.people, new_id, now_ms, self.rev, self.letters.copy_ready)
        self.proofs = self._make_proofs()
        self.choices = self._make_choices()
        self.announcer = self._make_announcer(alive)
        self.unowned = self._make_unowned(alive)
        self.receipts = Receipts(Accounts(database), self.post, mail.url, now_ms)
        self.erasures = self._make_erasures(alive, resume_ms, self._flush_of(outgoing))
        self.ages = self._make_ages(alive)
        self.inactivity = self._make_inactivity(alive)
        self.services = self._make_services()
        self.pages = PrivacyPages(self.choices, self.exports, self.requests, self.unsubscriber.unsubscribe)
        self.rounds = Rounds("what is due by time")
        self._late: list[RequestStage] = []
        self._tasks: list[asyncio.Task[None]] = []

    def hold_files(self, files: DataHolder) -> None:
        """Take in a holder whose data is in files: a clock that is doubted destroys none."""
        self._files.append(files)
        self.holders.add(files)

    def in_force(self) -> InForce:
        """Return the policy that records are made by."""
        return self._recorder.in_force

    def rev(self) -> int:
        """Return the revision of the policy in force."""
        return self._recorder.in_force.rev

    def _make_choices(self) -> Choices:
        stores = ChoiceStores(Accounts(self.vault.database), self.standings, self.requests)
        return Choices(
            stores, self._recorder, self.exports.url, self.proofs.at_ms, self.now_ms, self.trusted_ms
        )

    def _make_services(self) -> PrivacyServices:
        erase = self._erase_by("self")
        return PrivacyServices(self.choices, self.exports, self.ages, erase, self.proofs)

    def _make_announcer(self, alive: Alive) -> Announcer:
        versions, people = Versions(self.vault.database), alive.people
        return Announcer(versions, self._recorder, self.choices, people, self.audit, self.trusted_ms)

    def _make_proofs(self) -> Proofs:
        files = ProofFiles(self.vault.folder, self.vault.keys)
        self.hold_files(files)
        return Proofs(ProofStores(files, self.standings, self.audit), self.now_ms, self.rev)

    def _make_ages(self, alive: Alive) -> Ages:
        database, reports = self.vault.database, AgeReports(self.vault.database, self.vault.keys)
        accounts, bots = Accounts(database), Bots(database)
        age_stores = AgeStores(
            database, accounts, bots, self.standings, reports, self.audit, self.letters, self.proofs
        )
        return Ages(age_stores, alive.hub, alive.people, self._erase_by("age"), self.now_ms, self.rev)

    def _make_unowned(self, alive: Alive) -> UnownedRooms:
        database = self.vault.database
        stores = UnownedStores(database, ArchivedRooms(database), Rooms(database), self.audit)
        return UnownedRooms(stores, alive.hub, self.now_ms, self.rev)

    def _make_inactivity(self, alive: Alive) -> Inactivity:
        database = self.vault.database
        accounts, pauses = InactiveAccounts(database), Pauses(database)
        stores = InactivityStores(accounts, pauses, self.audit, self.letters, self.post)
        return Inactivity(stores, alive.people, self.in_force, self._erase_by("inactive"))

    def _make_erasures(self, alive: Alive, resume_ms: int, flush: Callable[[], Awaitable[int]]) -> Erasures:
        database = self.vault.database
        eraser = Eraser(database, self.vault.keys, resume_ms=resume_ms, alias=self._recorder.pseudonym)
        rooms = RoomMemory(alive.hub)
        memory = (rooms, PeopleMemory(alive.people), Pending(self.post), self.receipts)
        for holder in (self._recorder.subjects, *memory):
            self.holders.add(holder)
        reach = Reach(alive.hub, alive.people, self.holders, rooms, flush)
        leaving = Leaving(reach, self.unowned, eraser)
        stores = ErasureStores(
            database, self.requests, self.standings, self.audit, eraser, self.vault.ledger, self.keeping
        )
        return Erasures(stores, leaving, self.receipts, self.exports.drop, self.now_ms, self.rev)

    @staticmethod
    def _flush_of(outgoing: Callable[[], Iterable[Outgoing]]) -> Callable[[], Awaitable[int]]:
        return lambda: flush_outgoing(list(outgoing()))

    def _erase_by(self, basis: Basis) -> Callable[[str], Awaitable[str]]:
        return lambda account_id: self.erasures.take_on(new_id(), account_id, basis)

    async def erase_by_operator(self, account_id: str) -> str:
        """Take on an erasure that somebody asked the operator for; return its request."""
        return await self.erasures.take_on(new_id(), account_id, "operator")

    async def _may_market(self) -> list[str]:
        return await self.choices.usable("marketing")

    async def greet(self, caller: Caller, login: Login) -> None:
        """Note who logs in, take their browser's word for it, and tell of a policy that comes."""
        self.choices.note(login.account, login.standing.chat_ttl_ms)
        await self.inactivity.signed_in(login, self.now_ms())
        if login.account.kind not in {"user", "admin"}:
            return
        if caller.connection.agent.asks_for_privacy:
            await self.choices.signal(login.account, login.standing)
        changed = self.announcer.changed(login.account.policy_rev)
        if changed is not None:
            caller.notify(changed)

    def chores(self) -> dict[str, Callable[[int], Awaitable[object]]]:
        """Return what ends by time that is trusted, for the sweep, by a word for it."""
        return {
            "frozen accounts": self.ages.erase_overdue,
            "archived rooms": self.unowned.delete_due,
            "unused accounts": self.inactivity.look,
            "held erasures": self.erasures.ask_again,
        }

    # Life

    async def prepare(self) -> None:
        """
        Bring the database up to date: with the policy, with the ledger, with what a stop cut short.

        Nobody is let in before this returns: people who were erased since a backup are gone.

        Raises:
            StorageError: the server must not open.

        """
        await self.announcer.settle()
        await self.erasures.resume()
        if self.vault.gave_up_ledger:
            await self._note("ledger.accepted_missing", "operator", 1)
        replayed = await replay(self.vault.database, self.vault.ledger, self.erasures.take_on)
        if replayed:
            await self._note("ledger.replayed", "system", replayed)
        # Also those of a start that was cut short after it had taken them on.
        if any(one.basis == "ledger" for one in await self.requests.open("erase")):
            await self.erasures.settle()
        await self.exports.resume()

    async def _note(self, action: AuditAction, actor: Actor, amount: int) -> None:
        await self.audit.write(Entry(action, actor, self.now_ms(), self.rev(), amount))

    async def suppress(self, address: str) -> bytes:
        """Send an address no more advertising, for the operator; return its keyed hash."""
        keyed = await self.suppressions.add(address, "marketing", "operator", self.now_ms())
        await self._note("mail.suppressed", "operator", 1)
        return keyed

    async def begin(self) -> None:
        """Prepare, and begin to carry out what is asked for."""
        await self.prepare()
        work = (self.erasures.run(), self.exports.run(), self._tick())
        self._tasks = [asyncio.create_task(each) for each in work]

    async def carry_out(self) -> None:
        """Return when everything that was asked for is carried out, also in a server without doors."""
        if self._tasks:
            await self.erasures.settled()
            await self.exports.settled()
        else:
            await self.erasures.settle()
            await self.exports.settle()
            await self.post.flush()

    async def tick(self) -> None:
        """Do what is due by time; what fails keeps nothing else from being done."""
        step = self.rounds.step
        with step("policies"):
            await self.announcer.settle()
        with step("late erasures"):
            await self._look_for_late()
        with step("archives"):
            await self.exports.drop(await self.requests.archives_over(self.trusted_ms()))
        with step("holders"):
            self._expire()
        with step("proofs"):
            await self.proofs.tidy()
        with step("letters"):
            await self._write_of_policies()
        with step("mail"):
            await self.post.flush()

    def _expire(self) -> None:
        """Let go of what is over: files by the time that is trusted, memory by the clock that stamped it."""
        now, trusted = self.now_ms(), self.trusted_ms()
        for holder in self.holders:
            holder.expire(trusted if holder in self._files else now)

    async def _look_for_late(self) -> None:
        open_ones, now = await self.requests.open("erase"), self.now_ms()
        waiting = [one for one in open_ones if not self.erasures.is_held(one.id)]
        self._late = sorted({stage for one in waiting for stage in late_stages(one, now)})

    def problems(self) -> dict[str, str | None]:
        """Say which stages of erasures are late, and what cannot be seen to, by kind of alarm."""
        late = f"erasure is late: {', '.join(self._late)}" if self._late else None
        return {"erasure": late, "rights": self.rounds.check()}

    def check(self) -> str | None:
        """Say what is wrong, for ``/healthz``; None if nothing is."""
        return next((problem for problem in self.problems().values() if problem is not None), None)

    async def _write_of_policies(self) -> None:
        """Write to everybody of a policy that was announced, a page of people at a time."""
        while self.announcer.unwritten:
            version = self.announcer.unwritten[0]
            async for account_ids in self.standings.reachable():
                for account_id in account_ids:
                    await self.letters.policy_coming(account_id, version)
                await self.post.flush()
            self.announcer.unwritten.pop(0)

    async def advertise(self, words: Words) -> dict[str, int]:
        """Send advertising to everybody who consented and did not unsubscribe; return the counts."""
        sent, held_back, undeliverable = self.post.sent, self.post.held_back, self.post.undeliverable
        written = sum([await self.letters.advertise(one, words) for one in await self._may_market()])
        await self.post.flush()
        return {
            "written": written,
            "sent": self.post.sent - sent,
            "held_back": self.post.held_back - held_back,
            "undeliverable": self.post.undeliverable - undeliverable,
            "waiting": len(self.post),
        }

    async def _tick(self) -> None:
        while True:
            await self.tick()
            await asyncio.sleep(TICK_SECONDS)

    async def end(self) -> None:
        """Stop; what is under way goes on at the next start."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await ended(tasks)
