// Where the own account stands with the server's records: what one chose, asked for, and has to accept.
import type { Privacy, RequestResult } from "@roomserver/client";
import { computed, effect, signal } from "@preact/signals";
import { closeDialog } from "./dialogs";
import { attempt, explain, patiently, say } from "./explain";
import { pendingOf } from "./policy";
import { erasureAddress, forget, noticeRead } from "./prefs";
import { client, ERASED, FROZEN, me, online, session, status } from "./session";

/** As the server told it last, and of whom. */
const told = signal<{ account: string; privacy: Privacy } | null>(null);

export const privacy = computed(() => (told.value?.account === me.value?.id ? (told.value?.privacy ?? null) : null));
/** Why it could not be read. */
export const privacyProblem = signal("");
/** Nothing but one's own data can be reached while the account is frozen, banned or about to go. */
export const confined = computed(() => {
  const state = privacy.value?.state ?? session.value?.state ?? "active";
  return state === "active" ? null : state;
});
/** A version that was put off until it is in force, by its revision. */
const putOff = signal(0);

/** The version of the policy that waits for an answer. */
export const pendingPolicy = computed(() => privacy.value && pendingOf(privacy.value, putOff.value));

export function startPrivacy(): void {
  const reader = computed(() => (online.value ? me.value?.id : undefined));
  effect(() => {
    if (reader.value !== undefined) void loadPrivacy();
  });
  effect(() => {
    const now = status.value;
    if (now.kind !== "stopped" || (now.code !== ERASED && now.code !== FROZEN)) return;
    closeDialog();
    if (now.code === ERASED) forget();
  });
  client.on("policy.changed", () => void loadPrivacy());
  client.on("privacy.export_ready", () => {
    say("The copy of your data is ready: see Privacy in your account's menu.", 20_000);
    void loadPrivacy();
  });
}

function take(account: string | undefined, fresh: Privacy): void {
  if (account !== undefined) [told.value, privacyProblem.value] = [{ account, privacy: fresh }, ""];
}

export async function loadPrivacy(): Promise<void> {
  const account = me.peek()?.id;
  try {
    take(account, (await patiently(() => client.request("privacy.status", {}))).privacy);
  } catch (error) {
    privacyProblem.value = explain(error);
  }
}

type Change = "privacy.accept" | "privacy.consents" | "privacy.self_ttl";

/** Change a choice; the answer says what holds now. */
export async function choose<M extends Change>(method: M, params: Parameters<typeof client.request<M>>[1]): Promise<boolean> {
  const account = me.peek()?.id;
  return attempt(client.request(method, params).then(({ privacy: fresh }) => take(account, fresh)));
}

export function putOffPolicy(rev: number): void {
  putOff.value = rev;
}

export async function askForExport(): Promise<void> {
  if (await attempt(client.request("privacy.export", {}))) await loadPrivacy();
}

/** Send a file that proves the own age; an Error says in a sentence why it was not taken. */
export async function sendProof(file: File): Promise<void> {
  const { url, max_bytes } = await client.request("privacy.prove", {});
  if (file.size > max_bytes) throw new Error(`That file is too big: at most ${Math.floor(max_bytes / 2 ** 20)} MB.`);
  const answer = await fetch(url, { method: "POST", body: file });
  if (answer.status === 415) throw new Error("That is no JPEG, PNG or PDF.");
  if (!answer.ok) throw new Error("It could not be sent. Try again.");
}

/** Say that the recording notice was read; where it has to be, chat and votes wait for it. */
export async function acknowledge(hash: string): Promise<void> {
  if (await attempt(client.request("privacy.acknowledge", { hash }))) noticeRead.value = hash;
}

/** Ask for the end of the account. The address that shows how far it is outlives the session. */
export async function eraseMe(confirm: string, password: string): Promise<void> {
  const answer: RequestResult = await client.request("privacy.erase", { confirm, ...(password && { password }) });
  erasureAddress.value = answer.url;
  await loadPrivacy();
}

