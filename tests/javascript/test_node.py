"""The JavaScript SDK, built as it is published, in Node against the real server."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from client_demo.sdk import Client
from client_demo.web import build
from protocol import commands
from protocol.events import ChatMessage
from protocol.results import BotResult, RoomResult
from protocol.values import User
from tests.support.world import World

EXAMPLES = build.SDK / "examples"
README = build.SDK / "README.md"
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module", name="node")
def _node() -> str:
    """Build the SDK as it is published; return Node."""
    return build.build_sdk().node[0]


class Program:
    """A Node program, and what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, text: str) -> None:
        """Wait for a line that holds a text."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while text not in (line := (await self._process.stdout.readline()).decode()):
                assert line, f"the program ended before it said {text!r}"

    async def end(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.communicate()


async def run(node: str, script: Path, *arguments: str, token: str | None = None) -> Program:
    """Start a script in the SDK's folder."""
    environment = {**os.environ, **({} if token is None else {"ROOMSERVER_TOKEN": token})}
    return Program(
        await asyncio.create_subprocess_exec(
            node,
            str(script),
            *arguments,
            cwd=build.SDK,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    )


async def next_message(client: Client) -> ChatMessage:
    """Return the next thing somebody says."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for event in client.events():
            if isinstance(event, ChatMessage):
                return event
    raise AssertionError("the connection ended")


async def make_bot(owner: Client, name: str) -> tuple[User, str]:
    """Make a bot that may speak; return it with its token."""
    result: BotResult = await owner.call(commands.BotCreate(name=name, scopes=["chat.read", "chat.write"]))
    return result.bot.user, result.token


@pytest.mark.slow
async def test_greeter(world: World, node: str) -> None:
    """The greeter in JavaScript welcomes who enters, by name and once."""
    anna = await world.user("anna")
    room: RoomResult = await anna.call(commands.RoomCreate(name="Den", slug="den"))
    await anna.join("den")
    bot, token = await make_bot(anna, "greeter-bot")
    url = f"ws://127.0.0.1:{world.server.port}/ws"
    greeter = await run(node, EXAMPLES / "greeter.mjs", url, room.room.slug, token=token)
    try:
        await greeter.says("here as greeter-bot")
        bert = await world.user("bert")
        await bert.join("den")
        message = await next_message(anna)
        assert (message.text, message.user.id) == ("welcome, bert!", bot.id)
        await bert.chat(room.room.id, "thanks")
        assert (await next_message(anna)).text == "thanks"
    finally:
        await greeter.end()


@pytest.mark.slow
async def test_a_token_that_is_not_good(world: World, node: str) -> None:
    """A program with a bad token ends with a sentence, and does not come in as a guest."""
    url = f"ws://127.0.0.1:{world.server.port}/ws"
    greeter = await run(node, EXAMPLES / "greeter.mjs", url, "lobby", token="no-token-of-ours")
    await greeter.says("the session is gone; log in again")
    await greeter.end()


@pytest.mark.slow
async def test_the_readme_runs(world: World, node: str, tmp_path: Path) -> None:
    """The first program of the README works as it is typed."""
    anna = await world.user("anna")
    await anna.call(commands.RoomCreate(name="Den", slug="den"))
    await anna.join("den")
    bot, token = await make_bot(anna, "ping-bot")
    code = re.findall(r"```js\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
    here = f"ws://127.0.0.1:{world.server.port}/ws"
    script = EXAMPLES / f"{tmp_path.name}.readme.mjs"
    script.write_text(code.replace("wss://host/ws", here).replace("lobby", "den") + 'console.log("here");\n')
    try:
        pinger = await run(node, script, token=token)
        await pinger.says("here")
        await anna.chat("den", "!ping")
        said = [await next_message(anna), await next_message(anna)]
        assert (said[1].text, said[1].user.id) == ("pong, anna", bot.id)
        await pinger.end()
    finally:
        script.unlink()
