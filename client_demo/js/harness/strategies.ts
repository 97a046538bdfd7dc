// Ways to keep a player on the room's time: ours, and what two known programs do, rebuilt from
// their constants. All get the same people, the same room and the same network.
import type { Client } from "../src/client.ts";
import { attachMedia } from "../src/media/attach.ts";
import { Device } from "../src/media/device.ts";
import type { Play } from "../src/protocol.ts";
import type { Room } from "../src/room.ts";
import type { FakeElement } from "./element.ts";
import { truth, type Person } from "./person.ts";

export type StrategyName = "ours" | "cytube" | "opentogethertube";
/** Follows a room from the join on; returns how to stop. */
export type Strategy = (person: Person, client: Client, room: Room, serverNow: () => number) => () => void;

/** The SDK as it is. */
const ours: Strategy = (person, client, room) => {
  const memory = { getItem: () => null, setItem: () => undefined };
  return attachMedia(client, room, person.mount(), { device: new Device(memory) }).detach;
};

const CYTUBE_UPDATE_MS = 5000;
const CYTUBE_ACCURACY_S = 2;
/** Everybody waits so long in silence before each track, to have it loaded. */
const CYTUBE_LEAD_IN_MS = 3000;
const OPENTOGETHER_LOOK_MS = 250;
const OPENTOGETHER_TOLERANCE_MS = 1000;

/**
 * No clock: the server says every five seconds where the media is; who is off by more than two is
 * sought there, who is ahead a second further.
 */
const cytube: Strategy = (person, _client, room, serverNow) => {
  const stage = new Stage(person, room, serverNow, CYTUBE_LEAD_IN_MS);
  const update = setInterval(() => {
    const position = stage.positionMs();
    if (position === null) return;
    const { play } = stage;
    setTimeout(() => {
      if (stage.play !== play || !stage.element) return;
      const off = stage.element.currentTime - position / 1000;
      if (Math.abs(off) > CYTUBE_ACCURACY_S) stage.element.currentTime = position / 1000 + (off > 0 ? 1 : 0);
    }, person.delay("down"));
  }, CYTUBE_UPDATE_MS);
  return () => {
    clearInterval(update);
    stage.stop();
  };
};

/** No clock either: the position counts from the message's arrival, and is sought when off by a second. */
const opentogethertube: Strategy = (person, _client, room, serverNow) => {
  const stage = new Stage(person, room, serverNow, 0);
  const look = setInterval(() => {
    const { element, heard } = stage;
    if (!element || !heard || element.paused) return;
    const want = heard.position + (truth() - heard.at);
    if (Math.abs(element.currentTime * 1000 - want) > OPENTOGETHER_TOLERANCE_MS) element.currentTime = want / 1000;
  }, OPENTOGETHER_LOOK_MS);
  return () => {
    clearInterval(look);
    stage.stop();
  };
};

/**
 * What both have in common: a play is told when it begins, and starts when the message is here and
 * the file is loaded; with a lead-in that is so long before. (The silence of a lead-in is not held
 * against a policy here: the play's start is where its music begins.)
 */
class Stage {
  play: Play | null = null;
  element: FakeElement | null = null;
  /** The position that was told, and when that arrived, by the truth. */
  heard: { position: number; at: number } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly unsubscribe: () => void;
  private seen: string | undefined;

  constructor(
    private readonly person: Person,
    private readonly room: Room,
    private readonly serverNow: () => number,
    private readonly leadInMs: number,
  ) {
    this.unsubscribe = room.subscribe(() => this.look());
    this.look();
  }

  /** Where the server has the media now, as it would say in a message. */
  positionMs(): number | null {
    const { play } = this;
    return play && Math.max(0, play.position_ms + this.serverNow() - play.started_at_ms);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.unsubscribe();
    this.element?.remove();
  }

  private look(): void {
    const play = this.room.state?.snapshot.booth.play ?? null;
    if (!play || play.id === this.seen) return;
    this.seen = play.id;
    const wait = play.started_at_ms - this.serverNow();
    clearTimeout(this.timer);
    if (wait <= 0) return this.begin(play, this.load(play), -wait);
    const late = this.person.delay("down");
    const next = this.leadInMs > 0 ? this.load(play) : null;
    this.timer = setTimeout(() => this.begin(play, next ?? this.load(play), 0), wait + late);
  }

  private load(play: Play): FakeElement {
    const element = this.person.element();
    element.src = play.media.source_id;
    return element;
  }

  private begin(play: Play, element: FakeElement, position: number): void {
    this.element?.pause();
    this.element?.remove();
    this.play = play;
    this.heard = { position, at: truth() };
    this.element = element;
    const start = (): void => {
      if (position > 0) element.currentTime = position / 1000;
      void element.play();
    };
    if (element.readyState >= 3) start();
    else element.onloadedmetadata = start;
  }
}

export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = { ours, cytube, opentogethertube };
