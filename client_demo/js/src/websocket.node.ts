// A WebSocket in Node: its own where it has one (22 and later), else that of the package `ws`.
import type { OpenSocket, SocketLike } from "./socket.ts";

type Constructor = new (url: string, subprotocol: string) => SocketLike;

const own = (globalThis as { WebSocket?: Constructor }).WebSocket;
const Found: Constructor = own ?? ((await import("ws")).WebSocket as unknown as Constructor);

export const openWebSocket: OpenSocket = (url, subprotocol) => new Found(url, subprotocol);
