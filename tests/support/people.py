"""Users, media and playlists that tests play with."""

from __future__ import annotations

from protocol.roles import Role
from protocol.values import Media, User, UserKind
from roomserver.room.inputs import Deck, DeckItem

SONG_MS = 180_000
"""How long a song lasts where a test does not say otherwise."""


def person(name: str, kind: UserKind = "user", *, created_at_ms: int = 1) -> User:
    """Return a user whose id is the lower-case name; of old, unless told otherwise."""
    return User(id=name.lower(), name=name, kind=kind, created_at_ms=created_at_ms)


BY_ROLE: dict[Role, User] = {
    Role.GUEST: person("Gus", "guest"),
    Role.USER: person("Uma"),
    Role.RESIDENT: person("Rita"),
    Role.BOUNCER: person("Bob"),
    Role.MANAGER: person("Mia"),
    Role.COHOST: person("Cora"),
    Role.HOST: person("Hugo"),
    Role.ADMIN: person("Ada", "admin"),
}
"""One user of every role."""

STAFF: dict[str, tuple[User, Role]] = {
    BY_ROLE[role].id: (BY_ROLE[role], role)
    for role in (Role.HOST, Role.COHOST, Role.MANAGER, Role.BOUNCER, Role.RESIDENT)
}
"""The roles a room has given."""

PEERS: dict[Role, User] = {
    Role.GUEST: person("Gil", "guest"),
    Role.USER: person("Ulf"),
    Role.RESIDENT: person("Rolf"),
    Role.BOUNCER: person("Bea"),
    Role.MANAGER: person("Max"),
    Role.COHOST: person("Carl"),
    Role.HOST: person("Hera"),
    Role.ADMIN: person("Alan", "admin"),
}
"""A second user of every role, for acting on an equal."""


def song(
    title: str = "song",
    duration_ms: int = SONG_MS,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> Media:
    """Return a media of this server."""
    return Media(
        source="direct",
        source_id=f"/media/{title}.ogg",
        title=title,
        duration_ms=duration_ms,
        start_ms=start_ms,
        end_ms=end_ms,
    )


def deck(
    *titles: str, size: int | None = None, duration_ms: int = SONG_MS, playlist_id: str = "list"
) -> Deck:
    """Return the top of a playlist with these songs."""
    items = tuple(DeckItem(f"item-{title}", song(title, duration_ms)) for title in titles)
    return Deck(playlist_id, items, len(items) if size is None else size)
