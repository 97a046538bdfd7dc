// What this browser remembers: loudness, keys, what is read aloud, which notices were read, and whom a guest ignores.
import { effect, signal } from "@preact/signals";
import type { User } from "@roomserver/client";
import { readUsers } from "./hiding";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Blocked storage: the page forgets, and works.
  }
}

/** Forget all that this browser keeps of somebody who was erased, but the way to see how far that is. */
export function forget(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("roomserver.") && key !== "roomserver.erasure") localStorage.removeItem(key);
  } catch {
    // Blocked storage holds nothing.
  }
}

const level = Number(read("roomserver.volume") ?? "0.7");

export const volume = signal(level >= 0 && level <= 1 ? level : 0.7);
export const muted = signal(read("roomserver.muted") === "true");
/** The hash of the recording notice that was dismissed last; another text is shown again. */
export const noticeRead = signal(read("roomserver.notice"));
/** Where the erasure that was asked for here shows how far it is. */
export const erasureAddress = signal(read("roomserver.erasure"));
export const guestIgnored = signal<readonly User[]>(readUsers(read("roomserver.ignored")));

/** Single keys do things; those who speak to their computer may not want that. */
export const shortcuts = signal(read("roomserver.keys") !== "false");
/** Whether screen readers say what comes into the chat. */
export const readAloud = signal(read("roomserver.aloud") !== "false");

effect(() => write("roomserver.aloud", String(readAloud.value)));
effect(() => write("roomserver.keys", String(shortcuts.value)));
effect(() => write("roomserver.volume", String(volume.value)));
effect(() => write("roomserver.muted", String(muted.value)));
effect(() => write("roomserver.ignored", JSON.stringify(guestIgnored.value)));
effect(() => {
  if (erasureAddress.value !== null) write("roomserver.erasure", erasureAddress.value);
});
effect(() => {
  if (noticeRead.value !== null) write("roomserver.notice", noticeRead.value);
});
