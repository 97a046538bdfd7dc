// The room's sound on this page: the player that is attached to it, and how it keeps time.
import { effect, signal } from "@preact/signals";
import { attachMedia, Device, type Attached, type Sync } from "@roomserver/client";
import { muted, volume } from "./prefs";
import { player, room } from "./room";
import { client } from "./session";

/** What this browser learned about its own delays, and its owner's nudge. */
export const device = new Device();
/** How the player keeps time, looked at twice a second. */
export const sync = signal<Sync | null>(null);

const attached = signal<Attached | null>(null);
const LOOK_MS = 500;
/** `?sound=webaudio` plays short files through Web Audio. */
const webAudio = new URLSearchParams(location.search).get("sound") === "webaudio";

/** Play whatever room the page is in inside `mount`; returns how to end that. */
export function startSound(mount: HTMLElement): () => void {
  const enter = effect(() => {
    const here = room.value;
    if (!here) return;
    const made = attachMedia(client, here, mount, { device, webAudio, changed: (view) => (player.value = view) });
    const loudness = effect(() => made.player.setVolume(volume.value, muted.value));
    attached.value = made;
    return () => {
      loudness();
      attached.value = null;
      made.detach();
    };
  });
  const timer = setInterval(() => (sync.value = attached.peek()?.player.sync ?? null), LOOK_MS);
  return () => {
    clearInterval(timer);
    enter();
  };
}

/** Make sound inside a gesture, which is what a browser asks for. */
export function unblock(): void {
  attached.peek()?.player.unblock();
}
