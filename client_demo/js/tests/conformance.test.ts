import assert from "node:assert/strict";
import { test } from "node:test";
import cases from "../../../tests/vectors/conformance.json";
import { decodeMessage } from "../src/codec.ts";
import type { JoinResult } from "../src/protocol.ts";
import { joined, step, type RoomState } from "../src/stream.ts";

/** A client that hears a connection's bytes, as far as one room goes. */
class Listener {
  state: RoomState | null = null;
  gap = false;

  constructor(private readonly me: string) {}

  hear(hex: string): void {
    for (const reply of decodeMessage(Uint8Array.from(Buffer.from(hex, "hex")))) {
      if (reply.kind === "response") this.join(reply.result as unknown as JoinResult);
      else if (this.state && !this.gap) {
        const { state, outcome } = step(this.state, reply.name, reply.params, this.me);
        this.state = state;
        this.gap = outcome === "gap";
      }
    }
  }

  /** What the vectors compare. */
  get seen(): object {
    assert.ok(this.state);
    const { epoch, seq, snapshot, members, cue } = this.state;
    const { population, guests } = members;
    const present = members.members.map(({ user, role }) => [user.id, role]).sort();
    return plain({ epoch, seq, gap: this.gap, snapshot, members: present, population, guests, cue });
  }

  private join(result: JoinResult): void {
    this.state = joined(this.state, result, this.me);
    this.gap = false;
  }
}

/** A value as JSON has it, without what is absent. */
function plain(value: object): object {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => one ?? undefined)) as object;
}

for (const { name, me, steps } of cases) {
  test(name, () => {
    const listener = new Listener(me);
    for (const [at, { send, state }] of steps.entries()) {
      listener.hear(send);
      assert.deepEqual(listener.seen, plain(state), `step ${at + 1}`);
    }
  });
}
