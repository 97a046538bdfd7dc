"""
The server: built, opened, drained.

:func:`build` puts the parts together, :meth:`Server.open` begins to listen, and
:meth:`Server.close` tells, flushes and stops. Reads from top to bottom.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import SystemRandom
from typing import NamedTuple

import structlog

from protocol.errors import Rejected
from protocol.limits import Limits
from roomserver.addresses import WeekKeys, address_key, load_key
from roomserver.admin.bans import BanAdministration, Barred
from roomserver.admin.channel import AdminChannel
from roomserver.admin.command import Administration
from roomserver.admin.operation import Operation
from roomserver.admin.privacy import Operated
from roomserver.admin.server import ServerAdministration
from roomserver.admin.themes import administration
from roomserver.alive import Alive
from roomserver.api.caller import Caller
from roomserver.api.dispatch import Bounds, Dispatcher
from roomserver.api.sync import SyncMethods
from roomserver.api.themes import handlers
from roomserver.bans import BanList
from roomserver.beat import Beat, Watch
from roomserver.chatfilter import make_filters
from roomserver.clock import ServerClock
from roomserver.collector import trim
from roomserver.config import DATABASE, Config, PrivacyConfig, data_folder, rates_of
from roomserver.connection_log import ConnectionLog
from roomserver.decks import Decks
from roomserver.entrance import entrance_of
from roomserver.farewell import Farewell
from roomserver.first_run import first_run
from roomserver.following import follow_doors, follow_requests
from roomserver.gateway.connection import Connection
from roomserver.gateway.gateway import Gateway
from roomserver.greeting import hello_of, policy_of
from roomserver.guard import Guard
from roomserver.health import Health
from roomserver.hub import Hub, Settings, Shelf
from roomserver.identity import new_id
from roomserver.lock import FolderLock
from roomserver.metrics import readings
from roomserver.metrics.metrics import Metrics
from roomserver.passwords import Passwords, hasher_of
from roomserver.people import People
from roomserver.persist import Scribe
from roomserver.privacy.rights import Rights
from roomserver.privacy.vault import Vault, open_vault
from roomserver.reload import Reloader
from roomserver.resolver import require_installed
from roomserver.retention import Retention
from roomserver.room.state import Tuning
from roomserver.rounds import ended
from roomserver.site import media_folder, site_of
from roomserver.standstill import Standstill
from roomserver.sweep_loop import BOOT_SECONDS, SweepLoop
from roomserver.tables import Tables
from storage.bans import ServerBans
from storage.database import Database
from storage.errors import StorageError
from storage.privacy.recorder import InForce

log = structlog.get_logger("server")

TIDY_SECONDS = 60.0
TRIM_TIMES = 5
"""Every so many times of tidying, free memory is given back."""
DEFAULT_LIMITS = Limits()


class Base(NamedTuple):
    """The data folder's database, keys and ledger, and the lock that keeps other processes out of it."""

    database: Database
    lock: FolderLock
    vault: Vault


class Server:
    """A running server. Make it with :meth:`start`, end it with :meth:`close`."""

    def __init__(
        self, config: Config, base: Base, clock: ServerClock, limits: Limits, retention: Retention
    ) -> None:
        self._config = config
        self._lock = base.lock
        self._database = database = base.database
        self.reloader = Reloader(config)
        self._clock = clock
        self._limits = limits
        self._tables = Tables.of(database, retention.recorder)
        self.retention = retention
        self.metrics = Metrics()
        self.health = Health()
        self._passwords = Passwords(hasher_of(config.auth))
        self._guard = Guard(config.door, clock.now_ms)
        rates = rates_of(config.rates)
        self.people = People(rates)
        self.hub = self._make_hub()
        self._players = SyncMethods(self.hub, self.metrics.histogram("playback_error_seconds"))
        self.beat = self.hub.beat = self._make_beat()
        alive = Alive(self.hub, self.people, self._passwords, self._guard, clock)
        self.rights = self._make_rights(base.vault, alive)
        self.bans = self._make_bans()
        served = handlers(self._tables, alive, retention, config.media, self._players, self.rights)
        bounds = Bounds(limits, rates, self.rights.choices.needed_rev, self.bans, self._tables.chat)
        filters = make_filters(config.chat)
        self.dispatcher = Dispatcher(self.hub, self.people, clock, served, bounds, filters)
        self.dispatcher.gates.append(retention.notices.gate)
        self.sweeps = self._make_sweeps()
        self.gateway = self._make_gateway()
        self.hub.on_wake = Standstill(self.hub).look
        self.operation = Operation(self.metrics, self.health, database, clock, self.hub.on_wake)
        self.administration = self._make_administration(alive)
        self._channel = AdminChannel(self.administration, data_folder(config.storage))
        self._observe()
        self._follow_settings()
        self._tasks: list[asyncio.Task[None]] = []
        self._listener: asyncio.Server | None = None
        self.port = 0
        """The port listened on, once started."""

    # Parts

    def _make_hub(self) -> Hub:
        rooms = self._config.rooms
        tuning = Tuning(
            lead_in_ms=rooms.lead_in_ms,
            skip_lead_ms=rooms.skip_lead_ms,
            cue_ms=rooms.cue_ms,
            grace_ms=rooms.grace_ms,
        )
        shelf = Shelf(self._tables.rooms, Decks(self._tables.playlists, self.retention.know_person))
        lateness = self.metrics.histogram("advance_lateness_seconds")
        return Hub(shelf, Settings(tuning, self._limits, new_id), self._clock.now_ms, lateness)

    def _make_bans(self) -> BanList:
        self._address_key = load_key(data_folder(self._config.storage))
        bans = BanList(ServerBans(self._database), self._address_key)
        self.rights.door.is_banned, self.rights.choices.ban_of = bans.confines, bans.of_account
        return bans

    def _make_gateway(self) -> Gateway:
        site = site_of(self._config, self.health, self.retention.notices, self.metrics, self.rights)
        return Gateway(self._clock, self._limits, site, entrance_of(self._config), self._welcome)

    def _make_beat(self) -> Beat:
        watch = Watch(self.metrics.histogram("commit_seconds"), self.metrics.histogram("fan_out_seconds"))
        scribe = Scribe(self.retention.recorder)
        beat = Beat(self._tables.journal, scribe, self.hub.mend, self.hub.refresh_deck, watch)
        beat.on_noticed = self.retention.notices.tell
        return beat

    def _make_sweeps(self) -> SweepLoop:
        keys = WeekKeys(data_folder(self._config.storage))
        self.people.on_came = ConnectionLog(self.retention.recorder, keys, self.beat, self._clock.now_ms).note
        self.people.kept = self.hub.members_of
        self.people.on_forgotten = self.retention.forget_person
        self.rights.hold_files(keys)
        for holder in self.retention.holders:
            self.rights.holders.add(holder)
        loop = SweepLoop(self.retention, self.hub, self._clock)
        loop.chores |= self.rights.chores()
        return loop

    def _make_rights(self, vault: Vault, alive: Alive) -> Rights:
        mail, resume_ms = self._config.mail, self._limits.resume_ms
        rights = Rights(vault, alive, self.retention, mail, lambda: self.gateway, resume_ms)
        rights.announcer.put_in_force = self._put_in_force
        return rights

    def _make_administration(self, alive: Alive) -> Administration:
        rights, accounts = self.rights, self._tables.accounts
        operated = Operated(rights, accounts, self.retention, self.sweeps)
        itself = ServerAdministration(alive, self.health, self.reloader)
        barred = Barred(self.bans, accounts, rights.audit, self.people, lambda: self.gateway, rights.rev)
        return administration(self._tables, alive, itself, operated, BanAdministration(barred, self._clock))

    def _follow_settings(self) -> None:
        """Say what follows the settings when they are read again."""
        follow_requests(self.reloader, self.dispatcher, self.people)
        follow_doors(self.reloader, self.gateway, self._guard)
        self.reloader.on_disk("privacy.policy", lambda config: self.adopt_policy(config.privacy))

    def _observe(self) -> None:
        """Say where the metrics come from that only the whole server knows."""
        metrics = self.metrics
        readings.read_connections(metrics, self.gateway, self.people)
        readings.read_rooms(metrics, self.hub)
        readings.read_work(metrics, self.beat)
        readings.read_refusals(metrics, self.gateway.entrance, self._guard, self.bans, self._clock.now_ms)
        metrics.read_one("password_hashes_pending", lambda: self._passwords.pending)
        readings.read_players(metrics, self._players)
        readings.read_privacy(metrics, self.sweeps, self.rights)
        self.health.alarm(self.sweeps.check)
        self.health.alarm(self.rights.check)
        self.health.obstacle(self.hub.check)

    def _welcome(self, connection: Connection) -> Caller | None:
        if self.bans.turn_away(connection, self._clock.now_ms()):
            return None
        caller = Caller(connection, self.dispatcher)
        caller.address_key = address_key(self._address_key, connection.client.text)
        policy = policy_of(self.retention.recorder, self._config.privacy.contact)
        caller.notify(hello_of(self._clock, self._limits, self.dispatcher.rates, policy))
        return caller

    # Life

    @classmethod
    async def start(
        cls, config: Config, limits: Limits = DEFAULT_LIMITS, clock: ServerClock | None = None
    ) -> Server:
        """
        Open the database, wake the rooms that were playing, and listen.

        ``limits`` are enforced and announced in ``hello``; ``clock`` is for tests that set the time.

        Raises:
            ConfigError: it asks for something that is not installed.
            FolderInUseError: another process uses the data folder.
            OSError: the address cannot be listened on.
            storage.errors.StorageError: the database cannot be used.

        """
        server = await cls._build(config, limits, clock)
        await server.open()
        return server

    @classmethod
    @asynccontextmanager
    async def maintain(cls, config: Config) -> AsyncIterator[Server]:
        """
        Run a server without doors, for commands while none runs: rooms open when they are asked for.

        Raises: as :meth:`start`.

        """
        server = await cls._build(config, DEFAULT_LIMITS)
        server.begin()
        try:
            await server.rights.prepare()
            yield server
        finally:
            await server.close()

    @classmethod
    async def _build(cls, config: Config, limits: Limits, clock: ServerClock | None = None) -> Server:
        require_installed(config.media)
        folder = data_folder(config.storage)
        lock = FolderLock.acquire(folder)
        try:
            database = await Database.open(folder / DATABASE)
            clock = clock or ServerClock(new_id())
            try:
                retention = await Retention.open(config.privacy, database, clock)
                vault = await open_vault(database, folder, config.privacy)
                return cls(config, Base(database, lock, vault), clock, limits, retention)
            except BaseException:
                await database.close()
                raise
        except BaseException:
            lock.release()
            raise

    def begin(self) -> None:
        """Commit and tell what is put into the beat, until :meth:`close`."""
        self._tasks.append(asyncio.create_task(self.beat.run(), name="beat"))

    async def open(self) -> None:
        """Wake the rooms and listen; what fails closes the server."""
        try:
            await self._wake()
            await self._listen()
        except BaseException:
            await self.close()
            raise

    async def _wake(self) -> None:
        now = self._clock.now_ms()
        await first_run(
            self._tables.rooms,
            self._tables.accounts,
            self._tables.playlists,
            media_folder(self._config.storage),
            now,
        )
        self.begin()
        await self.bans.load(now)
        await self.rights.begin()
        await self.sweeps.once(BOOT_SECONDS)
        self._tasks.append(asyncio.create_task(self.sweeps.run(), name="sweeper"))
        self._tasks.append(asyncio.create_task(self._tidy(), name="tidy"))
        active = await self._tables.rooms.active()
        self._tasks.append(asyncio.create_task(self._open_rooms(active), name="waker"))

    async def _open_rooms(self, active: list[str]) -> None:
        """
        Open the rooms that must run, one after the other, while people come in already.

        A room that somebody asks for is opened for them at once, so nobody waits for the others.
        """
        for room_id in active:
            try:
                await self.hub.open(room_id)
            except (Rejected, StorageError) as error:
                log.warning("room not opened", room=room_id, cause=type(error).__name__)

    async def _listen(self) -> None:
        listen = self._config.listen
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self.gateway.connect, listen.host, listen.port, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        self.gateway.start()
        await self.operation.begin(self._config.admin)
        await self._channel.listen()
        log.info("listening", host=listen.host, port=self.port, rooms=sum(1 for _ in self.hub))

    async def _tidy(self) -> None:
        for times in itertools.count():
            if times % TRIM_TIMES == 0:
                trim()
            unloaded = self.hub.unload_idle()
            if unloaded:
                log.info("rooms unloaded", count=unloaded)
            self._report()
            await asyncio.sleep(TIDY_SECONDS)

    async def adopt_policy(self, config: PrivacyConfig) -> bool:
        """
        Take on a privacy policy while the server runs, and tell everyone; say whether it is another one.

        One that keeps more is announced; until its day the one before records.

        Raises:
            ConfigError, StorageUnavailableError: what was in force stays.

        """
        if not await self.retention.put_on_record(config, self._clock.now_ms()):
            return False
        await self.rights.announcer.settle()
        return True

    async def _put_in_force(self, in_force: InForce) -> None:
        await self.retention.put_in_force(in_force, self._clock.now_ms())
        self.retention.notices.tell_everyone(self.hub)

    def _report(self) -> None:
        """Log how many requests were refused since the last report, by code."""
        refused, self.beat.refused = self.beat.refused, Counter()
        if refused:
            log.info("requests refused", codes=dict(refused))

    async def close(self) -> None:
        """Stop: tell, flush, close with 4200, close the database."""
        self.operation.is_draining = True
        if self._listener is not None:
            self._listener.close()
        await self._channel.close()
        farewell = Farewell(self.reloader.config.drain, self.people, self.gateway)
        await farewell.say("the server is stopping", SystemRandom().random)
        async with AsyncExitStack() as ending:  # from the last to the first, whatever fails
            ending.callback(self._lock.release)
            ending.push_async_callback(self._database.close)
            ending.push_async_callback(self.operation.end)
            ending.callback(self._passwords.close)
            ending.push_async_callback(self._end_tasks)
            ending.push_async_callback(self.rights.end)
        self._report()
        beat = self.beat
        log.info("stopped", beats=beat.beats, deliveries=beat.deliveries, failures=beat.failures)

    async def _end_tasks(self) -> None:
        self.hub.stop()
        self.beat.stop()
        for task in self._tasks:
            if task.get_name() != "beat":
                task.cancel()
        await ended(self._tasks)
