"""Methods of the waitlist and of votes that need to know a playlist."""

from __future__ import annotations

from protocol import commands
from protocol.commands import Command
from protocol.errors import ErrorCode, Rejected
from protocol.media import checked
from roomserver.api.dispatch import Call, Handler
from roomserver.api.refusals import as_rejected
from roomserver.decks import Decks
from roomserver.hub import Hub
from roomserver.identity import new_id
from roomserver.room.inputs import Deck, Grab, QueueOther, QueueUp
from storage.errors import LimitReachedError, NotFoundError
from storage.playlists import Playlists


class BoothMethods:
    """Queueing up and grabbing: reads playlists, and lets the room decide."""

    def __init__(self, hub: Hub, playlists: Playlists) -> None:
        self._hub = hub
        self._playlists = playlists
        self._decks = Decks(playlists)

    def handlers(self) -> dict[type[Command], Handler]:
        """Return the handler of each method."""
        return {
            commands.WaitlistJoin: self.join,
            commands.WaitlistAdd: self.add,
            commands.VoteGrab: self.grab,
        }

    async def join(self, call: Call, command: commands.WaitlistJoin) -> None:
        """Queue up with a playlist or one media."""
        if command.media is not None:
            media = checked(command.media)
            command = commands.WaitlistJoin(room=command.room, playlist_id=command.playlist_id, media=media)
        live = await self._hub.open(command.room)
        deck = await self._deck(call.user.id, command.playlist_id)
        self._hub.run(live, call.user, QueueUp(command, deck), call.ask)

    async def add(self, call: Call, command: commands.WaitlistAdd) -> None:
        """Queue up somebody else with their active playlist."""
        live = await self._hub.open(command.room)
        deck = await self._deck(command.user, None)
        self._hub.run(live, call.user, QueueOther(command, deck), call.ask)

    async def _deck(self, user_id: str, playlist_id: str | None) -> Deck | None:
        # A play of the user that was just announced moves the playlist on: read after it.
        await self._hub.beat.barrier()
        return await self._decks.deck(user_id, playlist_id)

    async def grab(self, call: Call, command: commands.VoteGrab) -> None:
        """Copy the current media to a playlist of the caller."""
        user = call.user
        live = await self._hub.open(command.room)
        turn = live.room.state.turn
        playlist_id = command.playlist_id or await self._playlists.active_id(user.id)
        added, problem = False, None
        # Whether the playlist will do is asked last: the room looks at who asks, and for what, first.
        try:
            if playlist_id is None:
                raise NotFoundError("playlist", "none")
            if turn is not None:
                added = await self._playlists.would_take(user.id, playlist_id, turn.play.media)
        except NotFoundError:
            problem = Rejected(ErrorCode.NOT_FOUND, "expected a playlist of yours", field="playlist_id")
        except LimitReachedError as full:
            problem = as_rejected(full)
        grab = Grab(command, playlist_id or "", new_id(), added, problem)
        self._hub.run(live, user, grab, call.ask)
        if added:
            self._hub.refresh_decks(user.id)
