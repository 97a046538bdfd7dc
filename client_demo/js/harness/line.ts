// A WebSocket whose messages are late in both directions, in order, as on a person's path.
import type { OpenSocket, SocketLike } from "../src/socket.ts";
import { openWebSocket } from "../src/websocket.node.ts";
import { truth, type Person } from "./person.ts";

/** Delivers in order: what is held up holds up what follows. */
class Lane {
  private last = 0;

  constructor(private readonly delay: () => number) {}

  carry(deliver: () => void): void {
    const now = truth();
    this.last = Math.max(this.last, now + this.delay());
    setTimeout(deliver, this.last - now);
  }
}

export function lateSocket(person: Person): OpenSocket {
  return (url, subprotocol) => {
    const real = openWebSocket(url, subprotocol);
    const up = new Lane(() => person.delay("up"));
    const down = new Lane(() => person.delay("down"));
    const late: SocketLike = {
      binaryType: "",
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => {
        const copy = data.slice();
        up.carry(() => {
          if ((real as unknown as { readyState: number }).readyState === 1) real.send(copy);
        });
      },
      close: (code) => real.close(code),
    };
    real.binaryType = "arraybuffer";
    real.onmessage = (event) => down.carry(() => late.onmessage?.(event));
    real.onclose = (event) => down.carry(() => late.onclose?.(event));
    real.onerror = () => undefined;
    return late;
  };
}
