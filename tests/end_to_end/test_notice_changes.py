"""Whatever makes somebody's notice another one, they are told at once: on every connection, in every room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from protocol.limits import HOUR_MS
from roomserver.config import PrivacyConfig
from roomserver.testing.server import RoomServer
from roomserver.testing.visitor import Visitor
from storage.privacy.hooks import TRIPS_AFTER
from storage.privacy.subjects import Subject

POLICY = """
schema = 1
[role.bouncer]
chat = { ttl = "24h" }
[role.cohost]
chat = { ttl = "6h" }
[role.host]
chat = { ttl = "12h" }
[role.admin]
chat = { ttl = "2h" }
"""


class Scene(NamedTuple):
    """Hanna's room and the lobby, with Anna in both on two connections; Zoe is a member of both."""

    server: RoomServer
    config: PrivacyConfig
    room: str
    hanna: Visitor
    annas: list[Visitor]
    zoe: Visitor

    @property
    def anna_id(self) -> str:
        """Whom it happens to."""
        return self.annas[0].id


@pytest.fixture(name="scene")
async def _scene(tmp_path: Path, data: Path) -> AsyncIterator[Scene]:
    policy = tmp_path / "privacy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    config = PrivacyConfig(policy=str(policy))
    async with RoomServer(data, privacy=config) as server:
        hanna, anna, zoe = [await server.user(name) for name in ("Hanna", "Anna", "Zoe")]
        second = await server.stranger()
        await second.ask("session.resume", token=anna.token)
        room = (await hanna.ask("room.create", name="Den"))["room"]["id"]
        for visitor in (hanna, anna, second, zoe):
            for each in (room, "lobby"):
                await visitor.ask("room.join", room=each)
        yield Scene(server, config, room, hanna, [anna, second], zoe)


async def chosen(scene: Scene) -> None:
    """Have Anna choose how long her chat is kept."""
    await scene.annas[0].ask("privacy.self_ttl", chat_ms=HOUR_MS)


async def moved(scene: Scene) -> None:
    """Have Anna say where she lives."""
    await scene.annas[1].ask("account.update", country="DE")


async def appointed(scene: Scene) -> None:
    """Make Anna a bouncer."""
    await scene.hanna.ask("staff.set", room=scene.room, user=scene.anna_id, role="bouncer")


async def dismissed(scene: Scene) -> None:
    """Make Anna a bouncer, and a user again."""
    await appointed(scene)
    await scene.hanna.ask("staff.set", room=scene.room, user=scene.anna_id, role="user")


async def transferred(scene: Scene) -> None:
    """Make Anna the host."""
    await scene.hanna.ask("room.transfer", room=scene.room, user=scene.anna_id)


async def room_chose(scene: Scene) -> None:
    """Have the host choose for the room."""
    await scene.hanna.ask("room.update", room=scene.room, chat_ttl_ms=HOUR_MS)


async def promoted(scene: Scene) -> None:
    """Let Anna be an administrator, as her next login finds her."""
    scene.server.server.retention.subjects.note(scene.anna_id, Subject("admin"))


async def policy_changed(scene: Scene) -> None:
    """Put a policy in force that keeps less."""
    path = Path(scene.config.policy)
    await asyncio.to_thread(path.write_text, POLICY + '[category.chat]\nttl = "5d"\n', encoding="utf-8")
    assert await scene.server.server.adopt_policy(scene.config)


async def hook_tripped(scene: Scene) -> None:
    """Have a hook fail until nothing is recorded of what it decides over."""
    hooks = scene.server.server.retention.hooks
    hook = next(one for one in hooks.hooks if "chat" in one.categories)
    for _ in range(TRIPS_AFTER):
        hooks._failed(hook, 0)


CAUSES: list[tuple[Callable[[Scene], Awaitable[None]], bool, set[str]]] = [
    (chosen, True, set()),
    (moved, True, set()),
    (appointed, False, set()),
    (dismissed, False, set()),
    (transferred, False, {"hanna"}),
    (room_chose, False, {"hanna", "zoe"}),
    (promoted, True, set()),
    (policy_changed, True, {"hanna", "zoe"}),
    (hook_tripped, True, {"hanna", "zoe"}),
]
"""A cause, whether it holds in every room, and who else is told."""


async def notice(visitor: Visitor, room: str) -> dict[str, Any]:
    """Return the notice that somebody would get who joined now."""
    found: dict[str, Any] = (await visitor.ask("privacy.notice", room=room))["notice"]
    return found


def last_told(visitor: Visitor) -> dict[str, dict[str, Any]]:
    """Return what a connection was told last, by room."""
    return {event["room"]: event["notice"] for event in visitor.events("notice.changed")}


@pytest.mark.parametrize(
    ("cause", "everywhere", "others"), CAUSES, ids=[cause.__name__ for cause, *_ in CAUSES]
)
async def test_told(
    scene: Scene, cause: Callable[[Scene], Awaitable[None]], everywhere: bool, others: set[str]
) -> None:
    """Who is there has the notice that somebody who joins now gets; nobody hears of what stayed the same."""
    lobby = (await scene.zoe.ask("room.get", room="lobby"))["room"]["id"]
    rooms = {scene.room, lobby} if everywhere else {scene.room}
    before = {room: await notice(scene.annas[0], room) for room in (scene.room, lobby)}
    await cause(scene)
    await scene.server.settled()
    for visitor in scene.annas:
        told = last_told(visitor)
        assert set(told) == rooms
        for room in rooms:
            now = await notice(visitor, room)
            assert told[room] == now
            assert (now != before[room]) is (cause is not dismissed)
    assert {name for name in ("hanna", "zoe") if last_told(getattr(scene, name))} == others


async def test_told_once(scene: Scene) -> None:
    """What changes nothing of what is recorded is not told: a role the policy says nothing of."""
    await scene.hanna.ask("staff.set", room=scene.room, user=scene.anna_id, role="manager")
    await scene.annas[0].ask("privacy.self_ttl", chat_ms=None)
    await scene.server.settled()
    assert [last_told(visitor) for visitor in (*scene.annas, scene.hanna, scene.zoe)] == [{}] * 4
