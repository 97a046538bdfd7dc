"""A room with verbs: what :meth:`client_demo.sdk.client.Client.join` returns."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from client_demo.sdk.clock import SyncedClock
from client_demo.sdk.rooms import RoomView
from protocol import commands
from protocol.commands import Command
from protocol.results import ChatResult
from protocol.timing import position_ms
from protocol.values import HistoryEntry, Media


class Asker(Protocol):
    """What carries a room's requests: the client."""

    clock: SyncedClock

    async def call(self, command: Command) -> Any:
        """Send a command and return its result."""
        ...

    async def chat(
        self,
        room: str,
        text: str,
        nonce: str | None = None,
        *,
        reply_to: str | None = None,
        emote: bool = False,
    ) -> ChatResult:
        """Say something, once."""
        ...

    async def leave(self, room: RoomView) -> None:
        """Leave a room for good."""
        ...


class Room(RoomView):
    """
    A room the client is in: its state, always current, and what to do there.

    Every verb raises :class:`client_demo.sdk.errors.RequestError` when the server refuses.
    """

    def __init__(self, ref: str, asker: Asker, password: str | None = None) -> None:
        super().__init__(ref, password)
        self._asker = asker

    def position_ms(self) -> float | None:
        """Return where the current track is now, by the server's clock; None when nothing plays."""
        now = self._asker.clock.now_ms()
        return None if self.play is None or now is None else position_ms(self.play, now)

    # Talking

    async def chat(
        self, text: str, *, nonce: str | None = None, reply_to: str | None = None, emote: bool = False
    ) -> ChatResult:
        """Say something. However often it has to be sent, it is said once."""
        return await self._asker.chat(self.id, text, nonce, reply_to=reply_to, emote=emote)

    async def delete(self, message_id: str) -> None:
        """Delete a message: an own one, or with the role for it that of others."""
        await self._asker.call(commands.ChatDelete(room=self.id, id=message_id))

    async def leave(self) -> None:
        """Leave for good: booth, place and presence are given up."""
        await self._asker.leave(self)

    # Playing

    async def wait(self, media: Media | None = None) -> int | None:
        """Join the waitlist with the active playlist, or one track; return the place, None in the booth."""
        result = await self._asker.call(commands.WaitlistJoin(room=self.id, media=media))
        position: int | None = result.position
        return position

    async def step_down(self, *, after_play: bool = False) -> None:
        """Leave the booth, now or after this play."""
        await self._asker.call(commands.BoothLeave(room=self.id, after_play=after_play))

    async def skip(self, reason: str | None = None, *, requeue_at: int | None = None) -> None:
        """Skip what plays now; ``requeue_at`` keeps the DJ a place. Nothing happens when nothing plays."""
        if self.play is not None:
            await self._asker.call(
                commands.BoothSkip(room=self.id, play_id=self.play.id, reason=reason, requeue_at=requeue_at)
            )

    async def woot(self) -> None:
        """Vote for what plays now. Nothing happens when nothing plays."""
        await self._vote(1)

    async def meh(self) -> None:
        """Vote against what plays now. Nothing happens when nothing plays."""
        await self._vote(-1)

    async def _vote(self, value: Literal[1, -1]) -> None:
        if self.play is not None:
            await self._asker.call(commands.VoteCast(room=self.id, play_id=self.play.id, value=value))

    # Keeping order

    async def mute(self, user_id: str, duration_ms: int, reason: str | None = None) -> None:
        """Keep somebody from talking for a while."""
        await self._asker.call(
            # A plain number: the encoder takes none of its subclasses.
            commands.ModMute(room=self.id, user=user_id, duration_ms=int(duration_ms), reason=reason)
        )

    async def kick(self, user_id: str, reason: str | None = None) -> None:
        """Put somebody out; they may come back."""
        await self._asker.call(commands.ModKick(room=self.id, user=user_id, reason=reason))

    async def move(self, user_id: str, position: int) -> None:
        """Move somebody who waits; 0 is the next one."""
        await self._asker.call(commands.WaitlistMove(room=self.id, user=user_id, position=position))

    async def remove(self, user_id: str) -> None:
        """Take somebody out of the waitlist or the booth."""
        await self._asker.call(commands.WaitlistRemove(room=self.id, user=user_id))

    # Looking back

    async def history(self, limit: int = 50) -> list[HistoryEntry]:
        """Return the last finished plays, newest first."""
        result = await self._asker.call(commands.HistoryRoom(room=self.id, limit=limit))
        plays: list[HistoryEntry] = result.plays
        return plays
