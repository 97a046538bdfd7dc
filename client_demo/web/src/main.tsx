// Start the page: router, client, room, and the views over them.
import { render } from "preact";
import { startFavorites } from "./app/favorites";
import { startPrivacy } from "./app/privacy";
import { startHistory } from "./app/history";
import { startIgnored } from "./app/ignored";
import { startRoom } from "./app/room";
import { startRouter } from "./app/route";
import { client, startClient } from "./app/session";
import type { Client } from "@roomserver/client";
import { App } from "./views/app";

declare global {
  interface Window {
    /** The SDK client of this page, for extensions and the curious. */
    roomserver: Client;
  }
}

window.roomserver = client;
startRouter();
startClient();
startRoom();
startHistory();
startFavorites();
startIgnored();
startPrivacy();
const mount = document.getElementById("app");
if (mount) render(<App />, mount);
