// The SDK's face.
export * from "./protocol.ts";
export { Client, type AnyEvent, type ClientOptions, type RequestOptions, type Status } from "./client.ts";
export { ServerClock } from "./clock.ts";
export { browserClient, connect, type ConnectOptions } from "./connect.ts";
export { ConnectionLost, RequestError } from "./errors.ts";
export { EventsLost } from "./feed.ts";
export { RateLimited } from "./pacing.ts";
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
