// What of the chat a reader sees who ignores somebody. Pure.
import { type ChatMessage, LIMITS, type LogLine, type User } from "@roomserver/client";

/** Messages in a row that are not shown; one line stands for them. */
export interface Hidden {
  kind: "hidden";
  key: string;
  messages: ChatMessage[];
}

/** Fold what ignored users said; what happened in between stays. */
export function folded(log: readonly LogLine[], ignored: ReadonlySet<string>): readonly (LogLine | Hidden)[] {
  if (ignored.size === 0) return log;
  const shown: (LogLine | Hidden)[] = [];
  for (const entry of log) {
    const last = shown.at(-1);
    if (entry.kind !== "message" || !ignored.has(entry.message.user.id)) shown.push(entry);
    else if (last?.kind === "hidden") last.messages.push(entry.message);
    else shown.push({ kind: "hidden", key: `hidden ${entry.key}`, messages: [entry.message] });
  }
  return shown;
}

export function hiddenWords(messages: readonly ChatMessage[]): string {
  const authors = new Set(messages.map((message) => message.user.id)).size;
  const count = messages.length === 1 ? "1 message" : `${messages.length} messages`;
  return `${count} of ${authors === 1 ? "somebody" : "people"} you ignore`;
}

/** The list after ignoring somebody, or hearing them again. */
export function withIgnored(users: readonly User[], user: User, on: boolean): User[] {
  const others = users.filter((other) => other.id !== user.id);
  return on ? [...others, user] : others;
}

/** The list without somebody who was erased; the same one if they are not in it. */
export function withoutUser(users: readonly User[], id: string): readonly User[] {
  return users.some((user) => user.id === id) ? users.filter((user) => user.id !== id) : users;
}

/** The users that this browser stored; whatever else stands there is dropped. */
export function readUsers(text: string | null): User[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  return Array.isArray(value) ? value.filter(isUser).slice(0, LIMITS.IGNORED_MAX) : [];
}

function isUser(value: unknown): value is User {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, kind, created_at_ms } = value as Record<string, unknown>;
  return typeof id === "string" && typeof name === "string" && typeof kind === "string" && typeof created_at_ms === "number";
}
