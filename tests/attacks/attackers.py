"""
Attackers: each means harm in one way, for so many seconds, from one address.

They run in a process of their own (``python -m tests.attacks.attackers NAME PORT SECONDS``),
so that what they cost is not what their victims feel. They count what they were answered and
print it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from protocol import SUBPROTOCOL, codec
from tests.support.server import ADULT, PASSWORD, masked

ADDRESS = "127.0.0.66"
"""Where attackers come from; those who behave come from another address."""
READ_SECONDS = 5.0

Counts = Counter[str]


class Line:
    """A bare TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, address: str = ADDRESS) -> Line:
        """
        Connect.

        Raises:
            OSError: nobody is let in.

        """
        streams = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=2**20)
        return cls(*streams)

    async def shake(self, *more: str) -> bytes:
        """Shake hands, with more header lines if given; return the answer's head."""
        head = (
            "GET /ws HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}", *more, "", "",
        )  # fmt: skip
        self.writer.write("\r\n".join(head).encode())
        async with asyncio.timeout(READ_SECONDS):
            return await self.reader.readuntil(b"\r\n\r\n")

    def ask(self, method: str, **params: object) -> None:
        """Send a request."""
        self.writer.write(masked(codec.encode_value([0, 1, method, params])))

    async def answer(self) -> str:
        """Return ``result`` or the code of the error that answers a request; ``closed`` at the end."""
        while True:
            frame = await self._frame()
            if frame is None:
                return "closed"
            for value in codec.decode(frame, max_bytes=2**24, nesting=32):
                reply = codec.parse_reply(value)
                if isinstance(reply, codec.Response):
                    return "result" if reply.error is None else str(reply.error["code"])

    async def _frame(self) -> bytes | None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            async with asyncio.timeout(READ_SECONDS):
                while True:
                    first, length = await self.reader.readexactly(2)
                    if length >= 126:
                        size = await self.reader.readexactly(2 if length == 126 else 8)
                        length = int.from_bytes(size, "big")
                    payload = await self.reader.readexactly(length)
                    if first & 0x0F == 2:
                        return payload
        return None

    async def ending(self) -> str:
        """Read to the end and return how it came: a close code, ``ended`` or ``open``."""
        seen = b""
        try:
            async with asyncio.timeout(READ_SECONDS):
                while data := await self.reader.read(65536):
                    seen = (seen + data)[-256:]
        except TimeoutError:
            return "open"
        except ConnectionError:
            return "reset"
        at = seen.rfind(b"\x88")
        if at >= 0 and len(seen) >= at + 4 and seen[at + 1] >= 2:
            return str(int.from_bytes(seen[at + 2 : at + 4], "big"))
        return "ended"

    def drop(self) -> None:
        """Be gone."""
        self.writer.transport.abort()


async def _each(port: int, number: int, work: Callable[[Line, Counts], Awaitable[None]]) -> Counts:
    """Let so many connections do something at once."""
    counts: Counts = Counter()

    async def one() -> None:
        try:
            line = await Line.open(port)
        except OSError:
            counts["not let in"] += 1
            return
        try:
            await work(line, counts)
        except (OSError, asyncio.IncompleteReadError):
            counts["dropped"] += 1
        finally:
            line.drop()

    await asyncio.gather(*(one() for _ in range(number)))
    return counts


def _until(seconds: float) -> Callable[[], bool]:
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    return lambda: loop.time() < ends


async def slowloris(port: int, seconds: float) -> Counts:
    """A thousand connections send a letter of their request's head every half second."""
    goes_on = _until(seconds)

    async def drip(line: Line, counts: Counts) -> None:
        line.writer.write(b"GET / HTTP/1.1\r\nX-")
        while goes_on() and not line.reader.at_eof():
            line.writer.write(b"a")
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await line.reader.read(1)
        counts["still open" if not line.reader.at_eof() else "ended"] += 1

    return await _each(port, 1000, drip)


async def ping_flood(port: int, seconds: float) -> Counts:
    """Twenty connections send pings as fast as they can, and read nothing."""
    goes_on = _until(seconds)
    pings = masked(b"x" * 100, 9) * 500

    async def flood(line: Line, counts: Counts) -> None:
        await line.shake()
        while goes_on() and not line.writer.is_closing():
            line.writer.write(pings)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await line.writer.drain()
            await asyncio.sleep(0.001)
        counts["flooded"] += 1

    return await _each(port, 20, flood)


async def empty_fragments(port: int, seconds: float) -> Counts:
    """Fifty connections at a time begin a message and go on with nothing, ten thousand times."""
    begin = bytes((0x02, 0x80, 0, 0, 0, 0))
    nothing = bytes((0x00, 0x80, 0, 0, 0, 0)) * 10_000

    async def flood(line: Line, counts: Counts) -> None:
        await line.shake()
        line.writer.write(begin + nothing)
        counts[await line.ending()] += 1

    return await _again(seconds, lambda: _each(port, 50, flood))


async def deflate(port: int, seconds: float) -> Counts:
    """Connections offer compression, and send compressed bombs although it was not taken up."""

    async def bomb(line: Line, counts: Counts) -> None:
        head = await line.shake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        counts["taken up" if b"deflate" in head else "not taken up"] += 1
        frame = masked(b"\xec\xc1\x01\x01" + bytes(1000))
        line.writer.write(bytes((frame[0] | 0x40,)) + frame[1:])
        counts[await line.ending()] += 1

    return await _again(seconds, lambda: _each(port, 20, bomb))


async def many_connections(port: int, seconds: float) -> Counts:
    """Ten thousand connections from one address, each of which shakes hands and stays."""
    goes_on = _until(seconds)
    lines: list[Line] = []
    counts: Counts = Counter()

    async def enter() -> None:
        try:
            line = await Line.open(port)
            lines.append(line)
            head = await line.shake()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            counts["dropped"] += 1
        else:
            counts[head.split()[1].decode()] += 1

    for _ in range(200):
        await asyncio.gather(*(enter() for _ in range(50)))
    while goes_on():
        await asyncio.sleep(0.1)
    for line in lines:
        line.drop()
    return counts


async def oversized_heads(port: int, seconds: float) -> Counts:
    """Heads with an endless line, with a thousand fields, and with a megabyte of nothing in particular."""
    heads = [
        b"GET /" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X-Field: y\r\n" * 1000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX-Long: " + b"z" * 1_000_000,
        random.Random(1).randbytes(1_000_000),
    ]

    async def send(line: Line, counts: Counts) -> None:
        line.writer.write(random.choice(heads))
        with suppress(ConnectionError):
            await line.writer.drain()
        counts[await line.ending()] += 1

    return await _again(seconds, lambda: _each(port, 30, send))


async def _again(seconds: float, once: Callable[[], Awaitable[Counts]]) -> Counts:
    """Do the same again and again."""
    goes_on = _until(seconds)
    counts: Counts = Counter()
    while goes_on():
        counts += await once()
        await asyncio.sleep(0.05)
    return counts


async def _requests(
    port: int, seconds: float, number: int, method: str, params: Callable[[], dict[str, object]]
) -> Counts:
    """Let so many connections at a time send five requests each."""

    async def five(line: Line, counts: Counts) -> None:
        await line.shake()
        for _ in range(5):
            line.ask(method, **params())
            answer = await line.answer()
            counts[answer] += 1
            if answer == "closed":
                return

    return await _again(seconds, lambda: _each(port, number, five))


async def password_guessing(port: int, seconds: float) -> Counts:
    """Forty connections guess the password of one account."""
    return await _requests(
        port, seconds, 40, "session.login", lambda: {"username": "victim", "password": f"{random.random()}"}
    )


async def login_flood(port: int, seconds: float) -> Counts:
    """A hundred connections log in with names that nobody has."""

    def somebody() -> dict[str, object]:
        return {"username": f"nobody{random.randrange(10**6)}", "password": "wrong password"}

    return await _requests(port, seconds, 100, "session.login", somebody)


async def registration_flood(port: int, seconds: float) -> Counts:
    """A hundred connections register one account after the other."""

    def somebody() -> dict[str, object]:
        name = f"flood{random.randrange(10**9)}"
        return {"username": name, "password": PASSWORD, "birth": ADULT, "accept_policy": True}

    return await _requests(port, seconds, 100, "session.register", somebody)


async def guest_flood(port: int, seconds: float) -> Counts:
    """Connections become guests as fast as they can."""
    return await _requests(port, seconds, 50, "session.guest", dict)


async def message_flood(port: int, seconds: float) -> Counts:
    """Guests send messages as fast as they can, far over the announced rates."""

    async def flood(line: Line, counts: Counts) -> None:
        await line.shake()
        line.ask("session.guest")
        if await line.answer() != "result":
            counts["no guest"] += 1
            return
        line.ask("room.join", room="lobby")
        await line.answer()
        speech = masked(codec.encode_value([0, 2, "chat.send", {"room": "lobby", "text": "spam " * 20}]))
        line.writer.write(speech * 400)
        counts[await line.ending()] += 1

    return await _again(seconds, lambda: _each(port, 10, flood))


ATTACKS: dict[str, Callable[[int, float], Awaitable[Counts]]] = {
    attack.__name__: attack
    for attack in (
        slowloris,
        ping_flood,
        empty_fragments,
        deflate,
        many_connections,
        oversized_heads,
        password_guessing,
        login_flood,
        registration_flood,
        guest_flood,
        message_flood,
    )
}
"""Every attack by its name."""


def main() -> None:
    """Attack, and print what came of it."""
    name, port, seconds = sys.argv[1:4]
    counts: Counts = asyncio.run(ATTACKS[name](int(port), float(seconds)))  # type: ignore[arg-type]  # they are coroutines
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
