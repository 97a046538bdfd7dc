// The SDK's face: what the page uses and what `window.roomserver` offers to extensions.
import { Client } from "./client";
import type { SocketLike } from "./socket";
import { browserTokens } from "./tokens";

export { Client, type Status } from "./client";
export { ConnectionLost, RequestError } from "./errors";
export { Room } from "./room";
export { atLeast, outranks, type LogEntry, type MemberEntry, type RoomState } from "./stream";

/** Make a client for the server that this page came from. */
export function browserClient(): Client {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  const open = (address: string, subprotocol: string): SocketLike => new WebSocket(address, subprotocol) as SocketLike;
  return new Client({ url, tokens: browserTokens(), open });
}
