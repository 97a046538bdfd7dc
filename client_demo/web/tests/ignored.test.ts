import assert from "node:assert/strict";
import { test } from "node:test";
import { user } from "../../js/tests/world";

const KEY = "roomserver.ignored";
const disk = new Map<string, string>();
const browser = {
  localStorage: {
    getItem: (key: string) => disk.get(key) ?? null,
    setItem: (key: string, value: string) => void disk.set(key, value),
    removeItem: (key: string) => void disk.delete(key),
  },
  location: { protocol: "http:", host: "x" },
};
Object.assign(globalThis, browser);

const onDisk = (): string[] => (JSON.parse(disk.get(KEY) ?? "[]") as { id: string }[]).map(({ id }) => id);

test("who was erased is not kept in this browser: told of it, or found to be gone after it was closed", async () => {
  disk.set(KEY, JSON.stringify(["ann", "bob", "eve"].map((name) => user(name))));
  const { RequestError } = await import("@roomserver/client");
  const { client } = await import("../src/app/session");
  const { startIgnored } = await import("../src/app/ignored");
  const asked: string[] = [];
  client.request = (async (_method: string, { user: id }: { user: string }) => {
    asked.push(id);
    if (id === "bob") throw new RequestError({ code: "not_found" });
    return { user: user(id) };
  }) as unknown as typeof client.request;
  const inside = client as unknown as { set(status: object): void; listeners: Map<string, Set<(params: object) => void>> };

  startIgnored();
  inside.set({ kind: "online" });
  await new Promise(setImmediate);
  assert.deepEqual([asked, onDisk()], [["ann", "bob", "eve"], ["ann", "eve"]]);
  for (const listener of inside.listeners.get("user.erased") ?? []) listener({ room: "r", seq: 1, at_ms: 1, user_id: "eve" });

  assert.deepEqual(onDisk(), ["ann"]);
  inside.set({ kind: "online" });
  await new Promise(setImmediate);
  assert.equal(asked.length, 3);
});
