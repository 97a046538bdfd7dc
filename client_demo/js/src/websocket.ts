// A WebSocket where the platform brings one: browsers, Deno, Bun.
import type { OpenSocket, SocketLike } from "./socket.ts";

export const openWebSocket: OpenSocket = (url, subprotocol) => new WebSocket(url, subprotocol) as SocketLike;
