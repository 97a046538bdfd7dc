// Start the page: router, client, room, and the views over them.
import type { Client, Room } from "@roomserver/client";
import { render } from "preact";
import { startCalm } from "./app/calm";
import { startFavorites } from "./app/favorites";
import { startHistory } from "./app/history";
import { startIgnored } from "./app/ignored";
import { startKeys } from "./app/keys";
import { startPrivacy } from "./app/privacy";
import { room, startRoom } from "./app/room";
import { startRouter } from "./app/route";
import { client, startClient } from "./app/session";
import { App } from "./views/app";

declare global {
  interface Window {
    /** The SDK client of this page and the room on it, for extensions and the curious: docs/page-api.md. */
    roomserver: Client & { readonly room: Room | null };
  }
}

window.roomserver = Object.defineProperty(client, "room", { get: () => room.peek() }) as Window["roomserver"];
startRouter();
startClient();
startRoom();
startHistory();
startFavorites();
startIgnored();
startPrivacy();
startKeys();
startCalm();
const mount = document.getElementById("app");
if (mount) render(<App />, mount);
