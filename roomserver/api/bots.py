"""Methods ``bot.*``: bots as accounts that people own."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import CloseCode, ErrorCode, Rejected
from protocol.results import BotResult, BotsResult
from protocol.roles import Role
from protocol.scopes import SCOPES
from protocol.values import Bot
from roomserver.api.dispatch import Call, Handler
from roomserver.api.leaving import dismiss, leave_rooms
from roomserver.clock import ServerClock
from roomserver.hub import Hub
from roomserver.identity import Identity
from roomserver.people import People
from storage.bots import Bots, OwnedBot


class BotMethods:
    """Making, listing and ending the bots of a user. Bots themselves never get here: people only."""

    def __init__(self, identity: Identity, bots: Bots, people: People, hub: Hub, clock: ServerClock) -> None:
        self._identity = identity
        self._bots = bots
        self._people = people
        self._hub = hub
        self._now_ms = clock.now_ms

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.BotCreate: self.create,
            commands.BotList: self.list,
            commands.BotRevoke: self.revoke,
        }

    async def create(self, call: Call, command: commands.BotCreate) -> BotResult:
        """Make a bot; the answer is the only place its token is ever in."""
        if call.user.kind == "guest":
            raise Rejected(ErrorCode.FORBIDDEN, "expected a user, got a guest", needs=Role.USER.wire)
        made, token = await self._identity.make_bot(call.user, command)
        return BotResult(bot=self._seen(made), token=token)

    async def list(self, call: Call, _command: commands.BotList) -> BotsResult:
        """List the own bots."""
        return await self._all(call)

    async def revoke(self, call: Call, command: commands.BotRevoke) -> BotsResult:
        """End a bot; where it is connected, it leaves its rooms and is closed at once."""
        owned = await self._bots.of_owner(call.user.id, self._now_ms())
        bot = next((bot for bot in owned if bot.account.id == command.bot_id), None)
        if bot is not None:
            await dismiss(self._hub, bot.account.to_user(), await self._bots.staffed(command.bot_id))
        await self._bots.revoke(call.user.id, command.bot_id)
        self.disconnect(command.bot_id)
        return await self._all(call)

    def disconnect(self, bot_id: str) -> None:
        """Close a revoked bot's connections; it gives up booth, waitlist and presence."""
        for caller in self._people.callers_of(bot_id):
            leave_rooms(self._hub, caller)
            caller.connection.close(CloseCode.INVALID_TOKEN, "revoked by its owner")

    async def _all(self, call: Call) -> BotsResult:
        owned = await self._bots.of_owner(call.user.id, self._now_ms())
        return BotsResult(bots=[self._seen(bot) for bot in owned])

    def _seen(self, bot: OwnedBot) -> Bot:
        return Bot(
            user=bot.account.to_user(with_bio=True),
            scopes=[scope for scope in SCOPES if scope in bot.scopes],
            token_expires_at_ms=bot.token_expires_at_ms,
            online=bool(self._people.callers_of(bot.account.id)),
        )
