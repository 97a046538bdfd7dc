// Virtual players against a real server: node run.mjs URL ROOM '{"ours": 500, ...}' SECONDS SEED
//
// Prints one JSON object: the figures of each strategy. The truth is this process's steady clock;
// how the server's clock lies to it is measured over the loopback, without any delay.
import { connect } from "../src/connect.ts";
import { Client } from "../src/client.ts";
import type { Play } from "../src/protocol.ts";
import { positionMs } from "../src/media/timing.ts";
import type { Room } from "../src/room.ts";
import type { FakeElement } from "./element.ts";
import { lateSocket } from "./line.ts";
import { Person, seeded, truth } from "./person.ts";
import { STRATEGIES, type StrategyName } from "./strategies.ts";
import { Tally } from "./tally.ts";

const SAMPLE_MS = 200;
const SETTLED_MS = 5000;
const STALL_EVERY_MS = 300_000;
const JOINS_PER_SECOND = 60;
/** A play's first sound that late is no start any more but a failure of its own. */
const FIRST_SOUND_MS = 5000;

interface Player {
  name: StrategyName;
  person: Person;
  client: Client;
  room: Room;
  joinedAt: number;
  arrived: boolean;
  heard: string;
  /** Seeks of the element that played, when it was last looked at while settled. */
  sought: { play: string; seeks: number } | null;
  stop: () => void;
}

/** The server's clock minus the truth, from the quickest of many probes. */
async function serverAhead(url: string): Promise<number> {
  const client = await connect({ url });
  let best = { rtt: Infinity, ahead: 0 };
  for (let i = 0; i < 30; i++) {
    const sent = truth();
    const answer = await client.request("clock.sync", { t1_us: Math.round(sent * 1000) });
    const received = truth();
    const rtt = received - sent;
    if (rtt < best.rtt) best = { rtt, ahead: answer.t2_us / 1000 - (sent + received) / 2 };
  }
  client.close();
  return best.ahead;
}

class Hall {
  readonly players: Player[] = [];
  readonly tallies = new Map<StrategyName, Tally>();
  private readonly starts = new Map<string, Play>();

  constructor(
    private readonly url: string,
    private readonly slug: string,
    private readonly ahead: number,
  ) {}

  readonly serverNow = (): number => truth() + this.ahead;

  async admit(name: StrategyName, seed: number): Promise<void> {
    const person = new Person(seeded(seed));
    let token: string | null = null;
    const tokens = { get: () => token, set: (value: string | null) => void (token = value) };
    const client = new Client({ url: this.url, tokens, open: lateSocket(person), local: person.local });
    client.start();
    const room = client.join(this.slug);
    await room.entry(30_000);
    const stop = STRATEGIES[name](person, client, room, this.serverNow);
    this.players.push({ name, person, client, room, joinedAt: truth(), arrived: false, heard: "", sought: null, stop });
    this.tally(name).players += 1;
  }

  tally(name: StrategyName): Tally {
    const known = this.tallies.get(name) ?? new Tally();
    this.tallies.set(name, known);
    return known;
  }

  /** Look at everybody once. */
  sample(sinceMs: number): void {
    const errors = new Map<StrategyName, number[]>();
    for (const player of this.players) {
      const play = this.onAir(player);
      if (!play) continue;
      const element = player.person.playing(play.media.source_id);
      const now = this.serverNow();
      if (element?.sounding) this.measure(player, play, element, element.truePosition - positionMs(play, now), errors);
      player.person.maybeStall(play.media.source_id, sinceMs, STALL_EVERY_MS);
      this.tally(player.name).playerHours += sinceMs / 3_600_000;
    }
    for (const [name, values] of errors) {
      if (values.length > 1) this.tally(name).spread.push(Math.max(...values) - Math.min(...values));
    }
  }

  private measure(
    player: Player,
    play: Play,
    element: FakeElement,
    error: number,
    errors: Map<StrategyName, number[]>,
  ): void {
    const tally = this.tally(player.name);
    const now = truth();
    const age = this.serverNow() - play.started_at_ms;
    if (player.heard !== play.id) {
      // The first play of all was entered in the middle.
      const isAdvance = player.heard !== "" && now >= player.person.unsettledUntil && age < FIRST_SOUND_MS;
      player.heard = play.id;
      if (isAdvance) {
        tally.firstSound.push(Math.abs(error));
        tally.gap.push(Math.max(0, -error));
      }
    }
    tally.always.push(Math.abs(error));
    if (!player.arrived && Math.abs(error) <= 10) {
      player.arrived = true;
      tally.arrival.push((now - player.joinedAt) / 1000);
    }
    const settled = now - player.joinedAt > SETTLED_MS && age > SETTLED_MS && now > player.person.unsettledUntil;
    if (!settled) {
      player.sought = null;
      return;
    }
    if (player.sought?.play === play.id) tally.steadySeeks += element.seeksDone - player.sought.seeks;
    player.sought = { play: play.id, seeks: element.seeksDone };
    tally.steady.push(Math.abs(error));
    const values = errors.get(player.name) ?? [];
    values.push(error);
    errors.set(player.name, values);
  }

  /** The play that sounds now by the server's clock: an announced one not before its start. */
  private onAir({ room }: Player): Play | null {
    const play = room.state?.snapshot.booth.play ?? null;
    if (!play) return null;
    this.starts.set(play.id, play);
    const now = this.serverNow();
    if (play.started_at_ms <= now) return play;
    const before = [...this.starts.values()].filter((one) => one.started_at_ms <= now);
    return before.reduce<Play | null>((last, one) => (!last || one.started_at_ms > last.started_at_ms ? one : last), null);
  }

  close(): void {
    for (const { name, person, client, stop } of this.players) {
      const tally = this.tally(name);
      for (const element of person.elements) {
        tally.rateWrites += element.rateWrites;
      }
      stop();
      client.close();
    }
  }
}

async function main(): Promise<void> {
  const [url, slug, counts, seconds, seed] = process.argv.slice(2) as [string, string, string, string, string];
  const ahead = await serverAhead(url);
  const hall = new Hall(url, slug, ahead);
  let at = Number(seed);
  const names = Object.entries(JSON.parse(counts) as Record<StrategyName, number>).flatMap(([name, count]) =>
    Array.from({ length: count }, () => name as StrategyName),
  );
  // Mixed, so that nobody has the first or the last seconds for themselves.
  const order = seeded(at);
  names.sort(() => order() - 0.5);
  let last = truth();
  const timer = setInterval(() => {
    const now = truth();
    hall.sample(now - last);
    last = now;
  }, SAMPLE_MS);
  const joins: Promise<void>[] = [];
  for (const name of names) {
    joins.push(hall.admit(name, at++));
    await new Promise((resolve) => setTimeout(resolve, 1000 / JOINS_PER_SECOND));
  }
  await Promise.all(joins);
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
  clearInterval(timer);
  const drift = (await serverAhead(url)) - ahead;
  hall.close();
  const asked = Object.keys(JSON.parse(counts) as object) as StrategyName[];
  const strategies = Object.fromEntries(asked.map((name) => [name, hall.tally(name).report]));
  console.log(JSON.stringify({ seconds: Number(seconds), seed: Number(seed), truth_drift_ms: Math.round(drift * 1000) / 1000, strategies }));
  process.exit(0);
}

void main();
