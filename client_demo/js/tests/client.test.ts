import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { decode } from "@msgpack/msgpack";
import { Client } from "../src/client.ts";
import { RequestError } from "../src/errors.ts";
import { connect } from "../src/connect.ts";
import { RateLimited } from "../src/pacing.ts";
import { FakeSocket, joinResult, message, ROOM, settle, snapshot, user } from "./world.ts";

const HELLO = { protocol: 1, server: { name: "s", version: "0" }, connection_id: "c", server_time_ms: 0, clock_id: "k", limits: {}, rates: {}, policy: {}, features: [] };
const SESSION = { user: user("me"), token: "secret", expires_at_ms: 9, policy_accepted_rev: null };

let sockets: FakeSocket[];
let token: string | null;
let client: Client;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  sockets = [];
  token = null;
  const open = (): FakeSocket => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  };
  const tokens = { get: () => token, set: (value: string | null) => { token = value; } };
  client = new Client({ url: "ws://x/ws", tokens, open, random: () => 0 });
});
afterEach(() => mock.timers.reset());

/** The requests a socket got, clock probes left out. */
function requests(socket: FakeSocket): [number, string, Record<string, unknown>][] {
  return socket.sent
    .map((bytes) => decode(bytes) as [number, number, string, Record<string, unknown>])
    .filter(([kind, , method]) => kind === 0 && method !== "clock.sync")
    .map(([, id, method, params]) => [id, method, params]);
}

function last(): FakeSocket {
  const socket = sockets.at(-1);
  assert.ok(socket);
  return socket;
}

async function answer(result: object, ...after: unknown[]): Promise<void> {
  const open = requests(last()).at(-1);
  assert.ok(open);
  last().receive([1, open[0], null, result], ...after);
  await settle();
}

async function connectClient(): Promise<void> {
  client.start();
  last().receive([2, "hello", HELLO]);
  await settle();
  await answer(SESSION);
}

test("a first visit becomes a guest and keeps the token", async () => {
  await connectClient();

  assert.equal(requests(last())[0]?.[1], "session.guest");
  assert.equal(token, "secret");
  assert.equal(client.status.kind, "online");
});

test("a token that is no longer good makes a fresh guest", async () => {
  token = "old";
  client.start();
  last().receive([2, "hello", HELLO]);
  await settle();
  last().receive([1, 1, { code: "invalid_credentials", message: "no", temporary: false }, null]);
  await settle();

  assert.deepEqual(requests(last()).map(([, method]) => method), ["session.resume", "session.guest"]);
});

test("events right behind the join's answer, in the same message, are applied", async () => {
  await connectClient();
  const room = client.join("lobby");
  await answer(joinResult(), [2, "chat.message", message(11)]);

  assert.equal(room.state?.seq, 11);
});

test("events before the join's answer are dropped", async () => {
  await connectClient();
  const room = client.join("lobby");
  last().receive([2, "chat.message", message(10)]);
  await answer(joinResult({ snapshot: snapshot({ chat: [message(10)] }) }));

  assert.deepEqual(room.state?.log.map((entry) => entry.key), ["m10"]);
});

test("a gap asks for what is missing, once", async () => {
  await connectClient();
  const room = client.join("lobby");
  await answer(joinResult());
  last().receive([2, "chat.message", message(12)], [2, "chat.message", message(13)]);
  await settle();

  const joins = requests(last()).filter(([, method]) => method === "room.join");
  assert.deepEqual(joins.map(([, , params]) => params), [{ room: "lobby" }, { room: "lobby", resume: { epoch: "e1", seq: 10 } }]);
  await answer(joinResult({ seq: 13, recovered: true, events: [11, 12, 13].map((n) => [2, "chat.message", message(n)]) }));
  assert.deepEqual(room.state?.log.map((entry) => entry.key), ["m11", "m12", "m13"]);
});

test("after a lost connection rooms are resumed where they stood", async () => {
  await connectClient();
  client.join("lobby");
  await answer(joinResult());
  last().drop(1006);
  assert.equal(client.status.kind, "reconnecting");

  mock.timers.tick(30_000);
  assert.equal(sockets.length, 2);
  last().receive([2, "hello", HELLO]);
  await settle();
  assert.deepEqual(requests(last())[0]?.slice(1), ["session.resume", { token: "secret" }]);
  await answer(SESSION);

  assert.deepEqual(requests(last()).at(-1)?.[2], { room: "lobby", resume: { epoch: "e1", seq: 10 } });
});

test("resync joins afresh", async () => {
  await connectClient();
  client.join("lobby");
  await answer(joinResult());
  last().receive([2, "resync", { room: ROOM, epoch: "e2" }]);
  await settle();

  assert.deepEqual(requests(last()).at(-1)?.[2], { room: "lobby" });
});

test("a close of the forties stops, and says why even when only said in band", async () => {
  await connectClient();
  last().receive([2, "closing", { code: 4003, reason: "banned from this server: spam" }]);
  last().drop(1006);
  mock.timers.tick(60_000);

  assert.deepEqual(client.status, { kind: "stopped", code: 4003, reason: "banned from this server: spam" });
  assert.equal(sockets.length, 1);
});

test("a gone session goes on as a guest", async () => {
  await connectClient();
  last().drop(4001);
  mock.timers.tick(1000);

  assert.equal(token, null);
  assert.equal(sockets.length, 2);
});

test("a draining server is left when it says", async () => {
  await connectClient();
  last().receive([2, "reconnect", { after_ms: 2000, jitter_ms: 0 }]);
  assert.equal(client.status.kind, "draining");

  mock.timers.tick(1999);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
  assert.ok(sockets[0]?.closed);
});

test("unanswered clock probes give the connection up", async () => {
  await connectClient();
  mock.timers.tick(10_000);
  await settle();

  assert.ok(last().closed);
  assert.equal(client.status.kind, "reconnecting");
});

test("a wrong password changes nothing", async () => {
  await connectClient();
  const login = client.login({ username: "ann", password: "wrong" });
  const [id] = requests(last()).at(-1) ?? [];
  last().receive([1, id, { code: "invalid_credentials", message: "no", temporary: false }, null]);

  await assert.rejects(login, (error: unknown) => error instanceof RequestError && error.code === "invalid_credentials");
  assert.equal(client.session?.token, "secret");
  assert.equal(client.status.kind, "online");
});

test("who signs in joins the room again as the new user", async () => {
  await connectClient();
  client.join("lobby");
  await answer(joinResult());
  const login = client.login({ username: "ann", password: "right" });
  await answer({ ...SESSION, user: user("ann"), token: "hers" });
  await login;

  assert.equal(token, "hers");
  assert.equal(client.userId, "ann");
  assert.equal(requests(last()).at(-1)?.[1], "room.join");
});

test("a password given while another one is checked is tried next", async () => {
  await connectClient();
  const room = client.join("den");
  const refuse = async (): Promise<void> => {
    const [id] = requests(last()).at(-1) ?? [];
    last().receive([1, id, { code: "wrong_password", message: "no", temporary: false }, null]);
    await settle();
  };
  await refuse();
  void room.join("sesam");
  const done = room.join("sesame");
  await refuse();

  const tried = requests(last()).flatMap(([, method, params]) => (method === "room.join" ? [params.password] : []));
  assert.deepEqual(tried, [undefined, "sesam", "sesame"]);
  assert.equal(room.error, null, "the first one's refusal is no answer to the second");
  await answer(joinResult());
  await done;
  assert.notEqual(room.state, null);
});

test("signing out everywhere says so and leaves a guest", async () => {
  await connectClient();
  const out = client.logout(true);
  assert.deepEqual(requests(last()).at(-1)?.slice(1), ["session.logout", { everywhere: true }]);
  await answer({});
  assert.equal(token, null);
  await answer({ ...SESSION, token: "guest" });
  await out;

  assert.equal(token, "guest");
});

test("rates the server announced are waited for, unless the caller says otherwise", async () => {
  client.start();
  last().receive([2, "hello", { ...HELLO, rates: { vote: { burst: 1, per_ms: 500 } } }]);
  await settle();
  await answer(SESSION);
  const vote = { room: ROOM, play_id: "p", value: 1 as const };
  void client.request("vote.cast", vote);
  void client.request("vote.cast", vote);
  await assert.rejects(client.request("vote.cast", vote, { now: true }), RateLimited);
  const votes = (): number => requests(last()).filter(([, method]) => method === "vote.cast").length;
  assert.equal(votes(), 1);
  mock.timers.tick(500);
  await settle();

  assert.equal(votes(), 2);
});

test("a request that the server still finds too early is sent again after the time it says", async () => {
  await connectClient();
  const sent = client.request("room.list", {});
  const [id] = requests(last()).at(-1) ?? [];
  last().receive([1, id, { code: "rate_limited", message: "no", temporary: true, retry_after_ms: 700 }, null]);
  await settle();
  mock.timers.tick(700);
  await settle();
  await answer({ rooms: [] });

  assert.deepEqual(await sent, { rooms: [] });
});

test("a message whose answer was lost is sent again under its nonce, after the next join", async () => {
  await connectClient();
  const room = client.join("lobby");
  await answer(joinResult());
  const said = room.chat("hi");
  const [, , first] = requests(last()).at(-1) ?? [];
  last().drop(1006);
  mock.timers.tick(30_000);
  last().receive([2, "hello", HELLO]);
  await settle();
  await answer(SESSION);
  assert.equal(requests(last()).at(-1)?.[1], "room.join");
  await answer(joinResult({ recovered: true, events: [], snapshot: undefined as never }));
  assert.deepEqual(requests(last()).at(-1)?.slice(1), ["chat.send", first]);
  await answer({ id: "m1", seq: 11 });

  assert.deepEqual(await said, { id: "m1", seq: 11 });
});

test("entering waits for the room, and says why it may not", async () => {
  await connectClient();
  const entered = client.enter("lobby");
  await answer(joinResult());
  assert.equal((await entered).state?.id, ROOM);

  const refused = client.enter("den");
  const [id] = requests(last()).at(-1) ?? [];
  last().receive([1, id, { code: "wrong_password", message: "no", temporary: false }, null]);
  await assert.rejects(refused, (error: unknown) => error instanceof RequestError && error.code === "wrong_password");
});

test("events can be read one after the other, until the client is closed", async () => {
  await connectClient();
  const names: string[] = [];
  const reading = (async () => {
    for await (const event of client.events()) names.push(event.name);
  })();
  last().receive([2, "announcement", { text: "hi" }], [2, "reconnect", { after_ms: 9, jitter_ms: 0 }]);
  await settle();
  client.close();
  await reading;

  assert.deepEqual(names, ["announcement", "reconnect"]);
  assert.ok(last().closed);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1, "closed is closed");
});

test("a program with a token that is not good is told, and never becomes a guest", async () => {
  const open = (): FakeSocket => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket;
  };
  const connecting = connect({ url: "ws://x/ws", token: "bad", open });
  last().receive([2, "hello", HELLO]);
  await settle();
  last().receive([1, 1, { code: "invalid_credentials", message: "no", temporary: false }, null]);

  await assert.rejects(connecting, /log in again/);
  assert.deepEqual(requests(last()).map(([, method]) => method), ["session.resume"]);
});

test("a change of the own account is in the session at once, and so is one from elsewhere", async () => {
  await connectClient();
  const names: (string | undefined)[] = [];
  client.watch(() => names.push(client.session?.user.name));
  const updated = client.updateAccount({ username: "mia" });
  await settle();
  await answer({ account: { user: user("me", "mia") } });
  assert.equal((await updated).user.name, "mia");

  last().receive([2, "user.updated", { room: ROOM, seq: 1, at_ms: 0, user: user("somebody", "else") }]);
  last().receive([2, "user.updated", { room: ROOM, seq: 2, at_ms: 0, user: user("me", "mo") }]);
  assert.deepEqual(names, ["mia", "mo"]);
  assert.equal(client.session?.token, "secret");
});

/** Answer clock probes until none is open; return how many came since the last time. */
async function answerProbes(answered: Set<number>): Promise<number> {
  const before = answered.size;
  for (;;) {
    const open = last()
      .sent.map((bytes) => decode(bytes) as [number, number, string, { t1_us: number }])
      .find(([kind, id, method]) => kind === 0 && method === "clock.sync" && !answered.has(id));
    if (!open) return answered.size - before;
    answered.add(open[1]);
    last().receive([1, open[1], null, { t1_us: open[3].t1_us, t2_us: open[3].t1_us, t3_us: open[3].t1_us }]);
    await settle();
  }
}

test("a new clock is probed again soon, and rarely after that; one that is known only rarely", async () => {
  await connectClient();
  const answered = new Set<number>();
  assert.equal(await answerProbes(answered), 8);
  mock.timers.tick(2000);
  await settle();
  assert.equal(await answerProbes(answered), 16);
  mock.timers.tick(14_999);
  await settle();
  assert.equal(await answerProbes(answered), 0);
  mock.timers.tick(1);
  await settle();
  assert.equal(await answerProbes(answered), 3);

  last().drop(4200);
  mock.timers.tick(60_000);
  last().receive([2, "hello", HELLO]);
  await settle();
  await answer(SESSION);
  const again = new Set<number>();
  assert.equal(await answerProbes(again), 8);
  mock.timers.tick(14_999);
  await settle();
  assert.equal(await answerProbes(again), 0);
});
