"""
Peer: uWebSockets (C++) publish, through socketify; Python sees inbound messages only.

The C loop runs by itself: socketify's own ``run`` spins between it and asyncio, which would
count against it when little happens.
"""

from __future__ import annotations

import sys

from socketify import App, OpCode, WebSocket

app = App()


def opened(ws: WebSocket) -> None:
    """Let a member into the room."""
    ws.subscribe("room")


def said(ws: WebSocket, message: bytes, opcode: OpCode) -> None:
    """Tell everyone what anybody says."""
    ws.publish("room", message, opcode)


options = {"compression": 0, "max_payload_length": 65536, "idle_timeout": 120}
app.ws("/*", {**options, "open": opened, "message": said})
app.listen(int(sys.argv[1]), lambda _: print("ready", flush=True))
app.loop.uv_loop.run()
