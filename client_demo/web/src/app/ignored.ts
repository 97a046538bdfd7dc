// Whom the reader ignores: kept by the server for accounts, in this browser for guests.
import { computed, effect, signal } from "@preact/signals";
import { LIMITS, RequestError, type User } from "@roomserver/client";
import { attempt, patiently, say } from "./explain";
import { withIgnored, withoutUser } from "./hiding";
import { guestIgnored } from "./prefs";
import { client, isGuest, me, online } from "./session";

/** Whose list it is, and who stands in it. */
const kept = signal<{ account: string; users: readonly User[] }>({ account: "", users: [] });
const account = computed(() => (isGuest.value ? undefined : me.value?.id));

export const ignored = computed<readonly User[]>(() => {
  if (me.value === null) return [];
  if (isGuest.value) return guestIgnored.value;
  return kept.value.account === account.value ? kept.value.users : [];
});
/** Never oneself: a guest may have ignored the account that they sign in to. */
export const ignoredIds = computed<ReadonlySet<string>>(
  () => new Set(ignored.value.map((user) => user.id).filter((id) => id !== me.value?.id)),
);

/** Read the list anew for whoever logs in; while the connection is away the last one holds. */
export function startIgnored(): void {
  const reader = computed(() => (online.value ? account.value : undefined));
  effect(() => {
    if (reader.value !== undefined) void load(reader.value);
  });
  client.on("user.erased", ({ user_id }) => forgetUser(user_id));
  const stop = client.watch(() => {
    if (client.status.kind !== "online") return;
    stop();
    void lookAgain();
  });
}

/** Keep nothing of somebody who was erased, on disk neither. */
function forgetUser(id: string): void {
  guestIgnored.value = withoutUser(guestIgnored.peek(), id);
  kept.value = { ...kept.peek(), users: withoutUser(kept.peek().users, id) };
}

/** Forget who was erased while this page was closed, once: nobody tells it then. */
async function lookAgain(): Promise<void> {
  for (const { id } of guestIgnored.peek()) {
    const answer: unknown = await patiently(() => client.request("user.get", { user: id })).catch((error: unknown) => error);
    if (answer instanceof RequestError && answer.code === "not_found") forgetUser(id);
  }
}

async function load(reader: string): Promise<void> {
  const result = await patiently(() => client.request("ignore.list", {})).catch(() => null);
  if (result && account.peek() === reader) kept.value = { account: reader, users: result.users };
}

export async function setIgnored(user: User, on: boolean): Promise<void> {
  const reader = account.peek();
  if (reader === undefined) {
    const users = withIgnored(guestIgnored.peek(), user, on);
    if (users.length > LIMITS.IGNORED_MAX) say(`You ignore ${LIMITS.IGNORED_MAX} people already.`);
    else guestIgnored.value = users;
    return;
  }
  if (!(await attempt(client.request("ignore.set", { user: user.id, on })))) return;
  if (kept.peek().account !== reader) await load(reader);
  else kept.value = { account: reader, users: withIgnored(kept.peek().users, user, on) };
}
