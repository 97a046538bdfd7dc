// The client and what of it the page shows: connection, session, policy.
import { computed, signal } from "@preact/signals";
import { browserClient, type Client, type Hello, type Session, type Status } from "@roomserver/client";
import { clockHint } from "./wording";

export const client: Client = browserClient();
export const status = signal<Status>(client.status);
export const session = signal<Session | null>(null);
export const hello = signal<Hello | null>(null);
/** How well the server's clock is known, as of the last probes. */
export const clockState = signal("");
export const announcement = signal<string | null>(null);

/** The close codes after which only a page about oneself is left. */
export const ERASED = 4010;
export const FROZEN = 4011;

export const me = computed(() => session.value?.user ?? null);
export const isGuest = computed(() => (me.value?.kind ?? "guest") === "guest");
export const online = computed(() => status.value.kind === "online");

export function startClient(): void {
  client.watch(() => {
    status.value = client.status;
    session.value = client.session;
    hello.value = client.hello;
    clockState.value = clockHint(client.clock.rttMs, client.clock.maxErrorMs);
  });
  client.on("announcement", ({ text }) => {
    announcement.value = text;
  });
  window.addEventListener("online", () => client.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") client.wake();
  });
  client.start();
}
