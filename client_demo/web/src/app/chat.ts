// The message being written, in each room its own; other parts of the page may put a mention or an answer into it.
import type { ChatMessage } from "@roomserver/client";
import { signal } from "@preact/signals";

export type Panel = "chat" | "queue" | "people";

export const draft = signal("");
/** The message that the draft answers. */
export const answering = signal<ChatMessage | null>(null);
/** Rises when the message box should take the focus. */
export const focusDraft = signal(0);
/** Which panel narrow windows show. */
export const panel = signal<Panel>("chat");

/** The room that is written in, and what waits in the others until one comes back. */
let place = "";
const waiting = new Map<string, [string, ChatMessage | null]>();

/** Go to another room, or with "" to none. */
export function writeIn(room: string): void {
  waiting.set(place, [draft.peek(), answering.peek()]);
  place = room;
  [draft.value, answering.value] = waiting.get(room) ?? ["", null];
  focusDraft.value = 0;
}

/** Whoever signs out takes what they were writing along, in every room. */
export function dropDrafts(): void {
  waiting.clear();
  [draft.value, answering.value] = ["", null];
}

/** What was said is no draft any more, also when its writer has gone to another room meanwhile. */
export function said(room: string, text: string, to: ChatMessage | null): void {
  if (room !== place) {
    if (waiting.get(room)?.[0] === text) waiting.delete(room);
    return;
  }
  if (draft.peek() === text) draft.value = "";
  if (answering.peek() === to) answering.value = null;
}

function write(): void {
  panel.value = "chat";
  focusDraft.value++;
}

export function mention(name: string): void {
  const before = draft.peek();
  draft.value = `${before}${before === "" || before.endsWith(" ") ? "" : " "}@${name} `;
  write();
}

export function answer(message: ChatMessage): void {
  answering.value = message;
  write();
}
