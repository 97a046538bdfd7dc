"""The first run: an empty server gets a room that plays."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.structs import replace

from protocol.values import Media, PlaylistItem
from roomserver.api.rooms import fresh_record
from roomserver.demo import synthesise
from roomserver.identity import new_id
from storage.accounts import Accounts
from storage.playlists import Playlists
from storage.records import StoredAccount
from storage.rooms import Rooms

LOBBY = "lobby"
HOUSE = "house"
"""The account that owns the fallback playlist; nobody can log in with it."""


async def first_run(
    rooms: Rooms, accounts: Accounts, playlists: Playlists, media_folder: Path, now_ms: int
) -> None:
    """Make the lobby with its fallback playlist, unless it is there. Safe to repeat after a crash."""
    if await rooms.find(LOBBY) is not None:
        return
    media = await asyncio.to_thread(synthesise, media_folder)
    house = await accounts.by_name(HOUSE)
    if house is None:
        house = _house(now_ms)
        await accounts.create(house)
    playlist_id = await _demo_playlist(playlists, house.id, media, now_ms)
    lobby = fresh_record("Lobby", LOBBY, now_ms)
    texts = replace(
        lobby.texts,
        description="Where everybody meets. The house band plays until somebody takes a turn.",
        welcome="Welcome! Listen, chat, and join the waitlist to play something.",
    )
    await rooms.create(replace(lobby, texts=texts, fallback_playlist=playlist_id), None)


def _house(now_ms: int) -> StoredAccount:
    return StoredAccount.bare(new_id(), "bot", HOUSE, now_ms)


async def _demo_playlist(playlists: Playlists, owner_id: str, media: list[Media], now_ms: int) -> str:
    existing = await playlists.list(owner_id)
    if existing:
        return existing[0].id
    playlist = await playlists.create(owner_id, new_id(), "Demo tracks", now_ms)
    await playlists.insert(
        owner_id, playlist.id, [PlaylistItem(id=new_id(), media=one) for one in media], "end"
    )
    return playlist.id
