"""Methods that read the log: ``history.*``, ``chat.history``, ``chat.delete``."""

from __future__ import annotations

from typing import NamedTuple

from protocol import commands
from protocol.commands import Command
from protocol.results import ChatHistoryResult, HistoryResult
from protocol.roles import Action
from protocol.values import User
from roomserver.api.dispatch import Call, Handler
from roomserver.api.scopes import require_moderate
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.live import LiveRoom
from roomserver.room.inputs import Delete
from storage.accounts import Accounts
from storage.chatlog import ChatLog
from storage.fold import gone_user
from storage.history import History


class LogStores(NamedTuple):
    """What these methods read."""

    chat: ChatLog
    history: History
    accounts: Accounts


class RecordMethods:
    """Reading what was recorded, and having it removed."""

    def __init__(self, hub: Hub, stores: LogStores, clock: ServerClock) -> None:
        self._hub = hub
        self._stores = stores
        self._clock = clock

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.HistoryRoom: self.room,
            commands.HistoryUser: self.user,
            commands.ChatHistory: self.chat,
            commands.ChatDelete: self.delete,
        }

    async def _visible(self, call: Call, ref: str) -> LiveRoom:
        live = await self._hub.open(ref)
        live.room.state.require(call.user, Action.WATCH)
        return live

    async def room(self, call: Call, command: commands.HistoryRoom) -> HistoryResult:
        """Page through a room's finished plays."""
        live = await self._visible(call, command.room)
        plays, cursor = await self._stores.history.room_page(
            live.id, command.cursor, command.limit, self._clock.over_ms()
        )
        return HistoryResult(plays=plays, next_cursor=cursor)

    async def user(self, call: Call, command: commands.HistoryUser) -> HistoryResult:
        """Page through the own finished plays."""
        plays, cursor = await self._stores.history.user_page(
            call.user.id, command.cursor, command.limit, self._clock.over_ms()
        )
        return HistoryResult(plays=plays, next_cursor=cursor)

    async def chat(self, call: Call, command: commands.ChatHistory) -> ChatHistoryResult:
        """Read older messages."""
        live = await self._visible(call, command.room)
        messages, more = await self._stores.chat.page(
            live.id, command.before_seq, command.limit, self._clock.over_ms()
        )
        return ChatHistoryResult(messages=messages, more=more)

    async def delete(self, call: Call, command: commands.ChatDelete) -> None:
        """Delete messages; the room decides, knowing whose they are."""
        live = await self._hub.open(command.room)
        # A message of the beat under way must be known before it can be deleted.
        await self._hub.beat.barrier()
        author, messages = await self._concerned(live, command)
        if command.id is None or author is None or author.id != call.user.id:
            require_moderate(call.caller)
        order = Delete(command, author, messages)
        self._hub.run(live, call.user, order, call.ask)

    async def _concerned(self, live: LiveRoom, command: commands.ChatDelete) -> tuple[User | None, int]:
        now = self._clock.over_ms()
        if command.id is not None:
            # The room knows it of what is not recorded, and the name behind a pseudonym.
            author_id = live.ring.authors.of(command.id, now) or await self._stores.chat.author(
                live.id, command.id, now
            )
            users = await self._stores.accounts.users([author_id] if author_id else [])
            # Who is gone, or recorded under a pseudonym, still said something that can be deleted.
            author = None if author_id is None else users.get(author_id) or gone_user(author_id)
            return author, int(author is not None)
        if command.user is not None:
            users = await self._stores.accounts.users([command.user])
            return users.get(command.user), await self._stores.chat.count_by_user(live.id, command.user, now)
        return None, await self._stores.chat.count_all(live.id, now)
