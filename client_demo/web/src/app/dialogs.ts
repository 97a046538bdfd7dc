// Which dialog is open; at most one.
import { signal } from "@preact/signals";
import type { User } from "@roomserver/client";

export type Dialog =
  | { kind: "sign-in"; tab: "login" | "register" | "guest" }
  | { kind: "create-room" }
  | { kind: "playlists" }
  | { kind: "history" }
  | { kind: "staff" }
  | { kind: "settings" }
  | { kind: "ignored" }
  | { kind: "privacy" }
  | { kind: "preferences" }
  | { kind: "profile" }
  | { kind: "bots" }
  | { kind: "skip"; playId: string }
  | { kind: "person"; user: User };

export const dialog = signal<Dialog | null>(null);

export function closeDialog(): void {
  dialog.value = null;
}

/** What closes the dialog that is open now, and none that was opened meanwhile. */
export function closer(): () => void {
  const open = dialog.peek();
  return () => {
    if (dialog.peek() === open) closeDialog();
  };
}

export function signIn(): void {
  dialog.value = { kind: "sign-in", tab: "login" };
}

/** For who has no account yet, which is most who press a button that needs one. */
export function register(): void {
  dialog.value = { kind: "sign-in", tab: "register" };
}

export function showPerson(user: User): void {
  dialog.value = { kind: "person", user };
}
