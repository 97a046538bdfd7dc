"""Identity: guests, accounts, logins and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from typing import NamedTuple

import msgspec

from protocol.commands import BotCreate, SessionGuest, SessionLogin, SessionRegister
from protocol.errors import ErrorCode, Rejected
from protocol.limits import BIO_CHARS
from protocol.scopes import SCOPES
from protocol.text import checked_text
from protocol.values import Session, User, UserKind
from roomserver.clock import ServerClock
from roomserver.names import checked_name
from roomserver.passwords import Passwords
from roomserver.privacy.door import Door, GuestBefore
from storage.accounts import Accounts
from storage.bots import TOKEN_TTL_MS, Bots, OwnedBot
from storage.errors import NameTakenError, NotFoundError, StorageError
from storage.journal import Journal
from storage.privacy.standing import Standing
from storage.records import EventDraft, StoredAccount
from storage.sessions import SESSION_TTL_MS, Sessions

_NAME_TRIES = 5


def _random(size: int) -> str:
    """Return so many random bytes as a word; none begins with a dash, as options of commands do."""
    while (word := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return word


def new_id() -> str:
    """Return a fresh opaque id: 96 random bits, URL-safe."""
    return _random(12)


def _guest_name(random_bytes: int) -> str:
    """Return a name for a guest who has none; nobody is asked whether it is free."""
    return f"guest-{secrets.token_hex(random_bytes)}"


def new_token() -> str:
    """Return a random token: whoever has it is who it was given to."""
    return _random(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token. Random tokens need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


class Login(NamedTuple):
    """A session begun: what the client gets, and what the server keeps of it."""

    session: Session
    token_hash: bytes
    account: StoredAccount
    standing: Standing


class Stores(NamedTuple):
    """What identity reads and writes."""

    accounts: Accounts
    sessions: Sessions
    journal: Journal
    bots: Bots


class Identity:
    """Makes and checks sessions. Nothing here knows a connection."""

    def __init__(self, stores: Stores, passwords: Passwords, clock: ServerClock, door: Door) -> None:
        self._accounts = stores.accounts
        self._sessions = stores.sessions
        self._journal = stores.journal
        self._bots = stores.bots
        self._passwords = passwords
        self._clock = clock
        self._door = door

    async def guest(self, command: SessionGuest) -> Login:
        """
        Begin a guest's session, under the name wished for or one that is free.

        Raises:
            Rejected: ``name_taken``, ``bad_params``.

        """
        wished = None if command.name is None else checked_name(command.name, "name")
        if wished is not None:
            await self._door.check_name(wished)
        for _ in range(_NAME_TRIES):
            name = wished or _guest_name(3)
            account = self._account("guest", name, None)
            token, expires_at_ms = new_token(), account.created_at_ms + SESSION_TTL_MS
            try:
                await self._sessions.create_with_account(token_hash(token), account, expires_at_ms)
            except NameTakenError:
                if wished is not None:
                    raise
                continue
            return await self._login(account, token, expires_at_ms)
        raise Rejected(ErrorCode.CONFLICT, "expected a free guest name")

    async def register(self, command: SessionRegister, guest_id: str | None = None) -> Login:
        """
        Make an account and begin its session.

        The birth date is evaluated here and kept nowhere. ``guest_id`` is the guest who asks: their
        own name is free for them, and they are called otherwise from then on.

        Raises:
            Rejected: ``registration_refused`` without a reason, ``name_taken``, ``bad_params``.

        """
        if not command.accept_policy:
            message = "expected accept_policy to be true"
            raise Rejected(ErrorCode.POLICY_REACCEPT_REQUIRED, message, field="accept_policy")
        name = checked_name(command.username, "username")
        band = await self._door.screen(command)
        await self._door.check_name(name)
        if await self._accounts.is_taken(name, guest_id):
            raise NameTakenError(name)
        password_hash = await self._passwords.hash(command.password)
        account = self._account("user", name, password_hash)._replace(
            email=command.email, country=command.country
        )
        guest = None if guest_id is None else GuestBefore(guest_id, _guest_name(6))
        await self._door.let_in(account, band, guest)
        return await self._begin(account, "session.register")

    async def login(self, command: SessionLogin) -> Login:
        """
        Begin a session with a password.

        Raises:
            Rejected: ``invalid_credentials``, in equal time for an unknown user.

        """
        account = await self._accounts.by_name(command.username)
        stored = None if account is None else account.password_hash
        if not await self._passwords.verify(stored, command.password) or account is None:
            raise Rejected(ErrorCode.INVALID_CREDENTIALS, "expected a username and its password")
        return await self._begin(account, "session.login")

    async def resume(self, token: str) -> Login:
        """
        Go on with a session, which lives on for it.

        Raises:
            Rejected: ``invalid_credentials`` for an unknown, ended or expired token; ``account_frozen``
                for a bot whose owner is frozen.

        """
        now = self._clock.now_ms()
        found = await self._sessions.find(token_hash(token), now)
        if found is None:
            raise Rejected(
                ErrorCode.INVALID_CREDENTIALS, "expected the token of a session that has not ended"
            )
        if found.account.kind == "bot":
            return await self._bot(await self._login(found.account, token, found.expires_at_ms))
        expires_at_ms = await self._lives_until(token, found.expires_at_ms, now)
        return await self._login(found.account, token, expires_at_ms)

    async def _lives_until(self, token: str, expires_at_ms: int, now: int) -> int:
        """Return until when a session lives that is used now, written only when half of its time is over."""
        if expires_at_ms - now < SESSION_TTL_MS // 2:
            # What cannot be written is the next time: a full disk keeps nobody out.
            with suppress(StorageError):
                if await self._sessions.live_on(token_hash(token), now):
                    return now + SESSION_TTL_MS
        return expires_at_ms

    async def _bot(self, login: Login) -> Login:
        """Return a bot's session: what it may do, with a token that lives on."""
        now = self._clock.now_ms()
        owner_id = await self._bots.owner_of(login.session.user.id)
        if owner_id is not None:
            await self._door.check_owner(owner_id)
        scopes = await self._bots.log_in(login.session.user.id, login.token_hash, now)
        session = msgspec.structs.replace(
            login.session,
            expires_at_ms=now + TOKEN_TTL_MS,
            scopes=[scope for scope in SCOPES if scope in scopes],
        )
        return login._replace(session=session)

    async def make_bot(self, owner: User, command: BotCreate) -> tuple[OwnedBot, str]:
        """
        Make a bot and return it with its token.

        Raises:
            Rejected: ``bad_params``, ``name_taken``.
            storage.errors.StorageError: the name is taken, the owner has enough bots.

        """
        account = self._account("bot", checked_name(command.name, "name"), None)._replace(
            avatar_url=command.avatar_url,
            bio=None if command.bio is None else checked_text(command.bio, BIO_CHARS, "bio"),
        )
        token = new_token()
        made = await self._bots.create(owner.id, account, command.scopes, token_hash(token))
        row = EventDraft(
            "signin", command.method, None, None, None, owner.id, account.created_at_ms, None, "{}"
        )
        await self._journal.record([row])
        return made, token

    async def check_name(self, name: str) -> None:
        """
        Check that a name is not resting after an erasure.

        Raises:
            NameTakenError: it is.

        """
        await self._door.check_name(name)

    async def end(self, hashed: bytes) -> None:
        """End one session."""
        await self._sessions.end(hashed)

    async def end_others(self, account_id: str, hashed: bytes) -> None:
        """End every session of an account but this one."""
        await self._sessions.end_others(account_id, hashed)

    async def end_all(self, account_id: str) -> None:
        """End every session of an account."""
        await self._sessions.end_all(account_id)

    async def new_password(self, account: StoredAccount, current: str | None, password: str) -> str:
        """
        Return the hash of a new password.

        Raises:
            Rejected: ``invalid_credentials`` unless the current password is right.

        """
        if not await self._passwords.verify(account.password_hash, current or ""):
            message = "expected current_password to be right"
            raise Rejected(ErrorCode.INVALID_CREDENTIALS, message, field="current_password")
        return await self._passwords.hash(password)

    def _account(self, kind: UserKind, name: str, password_hash: str | None) -> StoredAccount:
        bare = StoredAccount.bare(new_id(), kind, name, self._clock.now_ms())
        return bare._replace(
            password_hash=password_hash, policy_rev=self._door.policy_rev if kind == "user" else None
        )

    async def _begin(self, account: StoredAccount, kind: str) -> Login:
        now = self._clock.now_ms()
        token, expires_at_ms = new_token(), now + SESSION_TTL_MS
        await self._door.standing(account.id)
        try:
            await self._sessions.create(token_hash(token), account.id, now, expires_at_ms)
        except NotFoundError as error:
            # Erased since the password was looked at: it is as if there had never been one.
            raise Rejected(ErrorCode.INVALID_CREDENTIALS, "expected an account that exists") from error
        row = EventDraft("signin", kind, None, None, None, account.id, now, None, "{}")
        await self._journal.record([row])
        return await self._login(account, token, expires_at_ms)

    async def _login(self, account: StoredAccount, token: str, expires_at_ms: int) -> Login:
        standing = await self._door.standing(account.id)
        session = Session(
            user=account.to_user(),
            token=token,
            expires_at_ms=expires_at_ms,
            policy_accepted_rev=account.policy_rev,
            state=standing.state,
        )
        return Login(session, token_hash(token), account, standing)
