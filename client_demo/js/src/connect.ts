// The two ways in: a program that logs in and waits, and a page of the server itself.
import { openWebSocket } from "#websocket";
import { Client, type ClientOptions } from "./client.ts";
import { ConnectionLost } from "./errors.ts";
import { browserTokens } from "./tokens.ts";

export interface ConnectOptions {
  /** Where the server is: `wss://host/ws`. */
  url: string;
  /** A session's or a bot's token; without one the client is a guest. */
  token?: string | undefined;
  /** The name of a guest. */
  name?: string;
  /** Give up waiting, and close the client. */
  signal?: AbortSignal;
  /** How sockets are opened; by default the platform's own. */
  open?: ClientOptions["open"];
}

/**
 * Connect, log in and return the client, which from then on comes back by itself.
 *
 * Rejects with `ConnectionLost` and the reason when the server wants no further try: a token that
 * is not good, a ban, another version of the protocol.
 */
export async function connect({ url, token, name, signal, open = openWebSocket }: ConnectOptions): Promise<Client> {
  const tokens = token === undefined ? heldToken() : { get: () => token, set: () => undefined };
  const guest = { ...(name !== undefined && { name }), allowed: token === undefined };
  const client = new Client({ url, tokens, open, guest });
  signal?.addEventListener("abort", () => client.close(), { once: true });
  client.start();
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (client.status.kind === "online") resolve();
      else if (client.status.kind === "stopped") reject(new ConnectionLost(client.status.reason));
      else return;
      stop();
    };
    const stop = client.watch(look);
    look();
  });
  return client;
}

/** Make a client for the server that this page came from. */
export function browserClient(): Client {
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  return new Client({ url, tokens: browserTokens(), open: openWebSocket });
}

/** The token of a guest, kept as long as the program runs. */
function heldToken(): ClientOptions["tokens"] {
  let held: string | null = null;
  return { get: () => held, set: (token) => void (held = token) };
}
