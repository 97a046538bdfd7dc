// The message being written; other parts of the page may put a mention or an answer into it.
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
