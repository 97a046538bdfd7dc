"""Methods ``session.*`` and ``account.*``."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from protocol import commands
from protocol.commands import Command
from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.limits import BIO_CHARS, CONNECTIONS_PER_USER
from protocol.results import AccountResult, Empty
from protocol.text import checked_text
from protocol.values import Account, Session, User
from roomserver.api.caller import Caller
from roomserver.api.dispatch import Call, Handler
from roomserver.api.leaving import leave_rooms
from roomserver.clock import ServerClock
from roomserver.guard import Guard
from roomserver.hub import Hub
from roomserver.identity import Identity, Login
from roomserver.names import checked_name
from roomserver.people import People
from roomserver.privacy.admission import Admitted
from storage.accounts import Accounts
from storage.records import StoredAccount


class Arrival(NamedTuple):
    """
    Who comes passes the guard, and is greeted: noted, and told what they must know of the policy.

    ``moved`` is told of an account whose country is another one.
    """

    guard: Guard
    greet: Callable[[Caller, Login], Awaitable[None]]
    moved: Callable[[str], Awaitable[None]]


class AccountMethods:
    """Logging in and out, and the own account."""

    def __init__(
        self,
        identity: Identity,
        accounts: Accounts,
        people: People,
        hub: Hub,
        arrival: Arrival,
        clock: ServerClock,
    ) -> None:
        self._identity = identity
        self._guard = arrival.guard
        self._now_ms = clock.now_ms
        self._accounts = accounts
        self._people = people
        self._hub = hub
        self._greet = arrival.greet
        self._moved = arrival.moved

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.SessionGuest: self.guest,
            commands.SessionRegister: self.register,
            commands.SessionLogin: self.login,
            commands.SessionResume: self.resume,
            commands.SessionLogout: self.logout,
            commands.AccountGet: self.get,
            commands.AccountUpdate: self.update,
        }

    async def guest(self, call: Call, command: commands.SessionGuest) -> Session:
        """Begin a guest's session."""
        self._guard.admit("guests", call.caller.connection.client)
        return await self._become(call.caller, await self._identity.guest(command))

    async def register(self, call: Call, command: commands.SessionRegister) -> Session:
        """Make an account; after the age screen refused, there is no second try here."""
        if not call.caller.may_register:
            raise Rejected(ErrorCode.REGISTRATION_REFUSED)
        self._guard.admit("registrations", call.caller.connection.client)
        caller = call.caller
        guest = caller.user if caller.user is not None and caller.user.kind == "guest" else None
        try:
            login = await self._identity.register(command, None if guest is None else guest.id)
        except Rejected as rejected:
            if rejected.code is ErrorCode.REGISTRATION_REFUSED:
                call.caller.may_register = False
            raise
        if guest is not None:
            await self._look_again(guest)
        return await self._become(caller, login)

    async def _look_again(self, guest: User) -> None:
        """Tell the rooms of a guest whose name went to the account they made: what they said stays."""
        stored = await self._accounts.by_id(guest.id)
        if stored is not None and stored.name != guest.name:
            self._renamed(stored.to_user())

    def _renamed(self, user: User) -> None:
        self._people.renamed(user)
        self._hub.profile_changed(user)

    async def login(self, call: Call, command: commands.SessionLogin) -> Session:
        """Begin a session with a password."""
        with self._one_try(call, command.username):
            login = await self._identity.login(command)
        return await self._become(call.caller, login)

    @contextlib.contextmanager
    def _one_try(self, call: Call, username: str) -> Iterator[None]:
        """Let a password be tried; only a wrong one counts against the account."""
        self._guard.admit("passwords", call.caller.connection.client)
        self._guard.begin_login(username)
        try:
            yield
        except Rejected as rejected:
            if rejected.code is not ErrorCode.INVALID_CREDENTIALS:
                self._guard.take_back(username)
            raise
        self._guard.take_back(username)

    async def resume(self, call: Call, command: commands.SessionResume) -> Session:
        """Go on with a session."""
        return await self._become(call.caller, await self._identity.resume(command.token))

    async def _become(self, caller: Caller, login: Login) -> Session:
        user = login.session.user
        if self._is_full(caller, user):
            return login.session
        with self._people.expecting(user.id):
            await self._greet(caller, login)
            return login.session if self._is_full(caller, user) else self._seat(caller, login)

    def _is_full(self, caller: Caller, user: User) -> bool:
        """Send a connection away that is one too many of a user's; say whether it is."""
        others = [one for one in self._people.callers_of(user.id) if one is not caller]
        if len(others) < CONNECTIONS_PER_USER:
            return False
        message = f"expected at most {CONNECTIONS_PER_USER} connections of a user"
        caller.connection.close(CloseCode.CONNECTION_LIMIT, message)
        return True

    def _seat(self, caller: Caller, login: Login) -> Session:
        """Let a connection carry a user from now on."""
        user = login.session.user
        if caller.user is not None and caller.user.id != user.id:
            # A guest who signs in leaves as the guest; the client joins again as who it is now.
            leave_rooms(self._hub, caller)
            self._people.left(caller, self._now_ms())
        caller.user = user
        caller.token_hash = login.token_hash
        caller.admitted = Admitted(user.kind, login.standing.state, login.account.policy_rev)
        scopes = login.session.scopes
        caller.scopes = None if scopes is None else frozenset(scopes)
        if not caller.connection.is_closing:
            person = self._people.came(caller, user)
            if user.kind == "bot":
                return replace(login.session, rates=dict(person.buckets.rates))
        return login.session

    async def logout(self, call: Call, command: commands.SessionLogout) -> Empty:
        """End this session, or all; connections that carried it are closed."""
        caller, user = call.caller, call.user
        if command.everywhere:
            await self._identity.end_all(user.id)
            ended = [other for other in self._people.callers_of(user.id) if other is not caller]
        else:
            assert caller.token_hash is not None, "a session has a token"
            await self._identity.end(caller.token_hash)
            ended = [
                other
                for other in self._people.callers_of(user.id)
                if other is not caller and other.token_hash == caller.token_hash
            ]
        self._close(ended, "logged out")
        leave_rooms(self._hub, caller)
        self._people.left(caller, self._now_ms())
        caller.user = caller.person = caller.token_hash = caller.scopes = None
        return Empty()

    @staticmethod
    def _close(ended: Iterable[Caller], why: str) -> None:
        for other in ended:
            other.connection.close(CloseCode.INVALID_TOKEN, why)

    async def _end_others(self, caller: Caller, user_id: str) -> None:
        """End the sessions of whoever else knew the password; connections of this one go on."""
        assert caller.token_hash is not None, "a session has a token"
        await self._identity.end_others(user_id, caller.token_hash)
        others = self._people.callers_of(user_id)
        ended = [other for other in others if other.token_hash != caller.token_hash]
        self._close(ended, "the password was changed")

    async def get(self, call: Call, _command: commands.AccountGet) -> AccountResult:
        """Read the own account."""
        return self._result(await self._stored(call))

    async def update(self, call: Call, command: commands.AccountUpdate) -> AccountResult:
        """
        Change the own account, and tell the rooms what others see of it.

        A new password ends every other session of the account; bots have accounts of their own.
        """
        stored = await self._stored(call)
        if stored.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected an account, got a guest", needs="user")
        name = None if command.username is None else checked_name(command.username, "username")
        if name is not None:
            await self._identity.check_name(name)
        password_hash = None
        if command.password is not None:
            with self._one_try(call, stored.name):
                password_hash = await self._identity.new_password(
                    stored, command.current_password, command.password
                )
        await self._accounts.update(
            stored.id,
            name=name,
            password_hash=password_hash,
            email=command.email,
            avatar_url=command.avatar_url,
            bio=None if command.bio is None else checked_text(command.bio, BIO_CHARS, "bio"),
        )
        if password_hash is not None:
            await self._end_others(call.caller, stored.id)
        if command.country is not None:
            await self._accounts.move(stored.id, command.country)
        fresh = await self._stored(call)
        user = fresh.to_user()
        if user != stored.to_user():
            self._renamed(user)
        if fresh.country != stored.country:
            await self._moved(fresh.id)
        return self._result(fresh)

    async def _stored(self, call: Call) -> StoredAccount:
        stored = await self._accounts.by_id(call.user.id)
        if stored is None:
            raise Rejected(ErrorCode.NOT_FOUND, "expected an account that still exists")
        return stored

    @staticmethod
    def _result(stored: StoredAccount) -> AccountResult:
        user = stored.to_user(with_bio=True)
        return AccountResult(account=Account(user=user, email=stored.email, country=stored.country))
