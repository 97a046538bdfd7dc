// The SDK's face.
import { Client } from "./client.ts";
import type { SocketLike } from "./socket.ts";
import { browserTokens } from "./tokens.ts";

export * from "./protocol.ts";
export { Client, type ClientOptions, type Status } from "./client.ts";
export { ServerClock } from "./clock.ts";
export { ConnectionLost, RequestError } from "./errors.ts";
export {
  formatDuration,
  looksLikeVideo,
  parseDuration,
  parseLink,
  parseLinks,
  readLink,
  type AnyLink,
  type Link,
} from "./media/links.ts";
export { attachMedia, type Attached, type AttachOptions } from "./media/attach.ts";
export { Device, type Memory } from "./media/device.ts";
export { RoomPlayer, type PlayerView, type Sync } from "./media/player.ts";
export { endsAtMs, positionMs } from "./media/timing.ts";
export { Room } from "./room.ts";
export { atLeast, outranks, type LogLine, type MemberEntry, type RoomState } from "./stream.ts";

/** Make a client for the server that this page came from. */
export function browserClient(): Client {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  const open = (address: string, subprotocol: string): SocketLike => new WebSocket(address, subprotocol) as SocketLike;
  return new Client({ url, tokens: browserTokens(), open });
}
