// The message being written; other parts of the page may put a mention into it.
import { signal } from "@preact/signals";

export type Panel = "chat" | "queue" | "people";

export const draft = signal("");
/** Rises when the message box should take the focus. */
export const focusDraft = signal(0);
/** Which panel narrow windows show. */
export const panel = signal<Panel>("chat");

export function mention(name: string): void {
  const before = draft.peek();
  draft.value = `${before}${before === "" || before.endsWith(" ") ? "" : " "}@${name} `;
  panel.value = "chat";
  focusDraft.value++;
}
