// The room on the page, and what a person can do in it.
import { batch, computed, effect, signal } from "@preact/signals";
import {
  type Action,
  atLeast,
  type LogLine,
  type Methods,
  PERMISSIONS,
  type PlayerView,
  RequestError,
  type Room,
  type RoomClosed,
  type RoomState,
  type Rules,
  type User,
} from "@roomserver/client";
import { writeIn } from "./chat";
import { closeDialog, dialog } from "./dialogs";
import { attempt, explain, say } from "./explain";
import { paced } from "./frames";
import { route } from "./route";
import { client, me } from "./session";

const NOTHING: readonly never[] = [];
const NOBODY = {};
const NO_RULES: Rules = {};
/** A clock on screen needs no finer steps. */
const CLOCK_STEP_MS = 250;

export const room = signal<Room | null>(null);
export const state = signal<RoomState | null>(null);
export const refusal = signal<RequestError | null>(null);
/** Why the server put us out of the room, and the room's name. */
export const closed = signal<(RoomClosed & { name: string }) | null>(null);
/** The play that one has voted to skip. */
export const skipVote = signal<string | null>(null);
export const player = signal<PlayerView>({ onAir: null, blocked: false, problem: null, failed: null });
/** The server's time, often enough for a clock on screen. */
export const serverNow = signal(0);

// Parts of the state: who reads one is drawn again when that part changes, not with every message.
export const snapshot = computed(() => state.value?.snapshot ?? null);
export const you = computed(() => state.value?.you ?? null);
export const members = computed(() => state.value?.members ?? null);
export const cast = computed<Readonly<Record<string, number>>>(() => state.value?.cast ?? NOBODY);
export const log = computed<readonly LogLine[]>(() => state.value?.log ?? NOTHING);
export const complete = computed(() => state.value?.complete ?? true);
export const skipTally = computed(() => state.value?.skip ?? null);
/** What plays next, as soon as it is certain. */
export const cue = computed(() => state.value?.cue ?? null);
export const notice = computed(() => state.value?.notice ?? null);
export const durations = computed<readonly (number | null)[]>(() => state.value?.durations ?? NOTHING);
export const info = computed(() => snapshot.value?.room ?? null);
export const settings = computed(() => snapshot.value?.settings ?? null);
export const booth = computed(() => snapshot.value?.booth ?? null);
export const votes = computed(() => snapshot.value?.votes ?? null);
export const waitlist = computed<readonly User[]>(() => snapshot.value?.waitlist ?? NOTHING);
export const staff = computed(() => snapshot.value?.staff ?? NOTHING);
export const rules = computed(() => settings.value?.rules ?? NO_RULES);
export const inside = computed(() => state.value !== null);
export const myPlace = computed(() => waitlist.value.findIndex((user) => user.id === me.value?.id));
export const iAmDj = computed(() => booth.value?.dj != null && booth.value.dj.id === me.value?.id);

export function can(action: Action): boolean {
  return you.value !== null && atLeast(you.value.role, PERMISSIONS[action]);
}

/** Follow the address bar: enter its room and leave the one before. */
export function startRoom(): void {
  let unsubscribe = (): void => undefined;
  effect(() => {
    const slug = route.value.page === "room" ? route.value.slug : null;
    const before = room.peek();
    if (before?.ref === slug) return;
    unsubscribe();
    if (before) client.leave(before);
    batch(() => {
      state.value = null;
      refusal.value = null;
      closed.value = null;
      room.value = slug === null ? null : client.join(slug);
      // What is open, and what is written, belongs to the place that was left.
      closeDialog();
      writeIn(slug ?? "");
    });
    const entered = room.peek();
    if (!entered) return;
    unsubscribe = entered.subscribe(paced(() => room.peek() === entered && show(entered)));
  });
  reportFailures();
  client.on("you.updated", ({ reason }) => {
    const words = reason === undefined ? undefined : REASONS[reason];
    if (words !== undefined) say(words, STANDING_MS);
  });
  setInterval(() => {
    if (room.peek() && document.visibilityState === "visible") serverNow.value = client.clock.now();
  }, 500);
  effect(() => {
    const name = info.value?.name;
    const title = player.value.onAir?.media.title;
    document.title = name ? (title ? `${title} · ${name}` : name) : "roomserver";
  });
}

function show(entered: Room): void {
  batch(() => {
    const name = state.peek()?.snapshot.room.name ?? closed.peek()?.name ?? entered.ref;
    closed.value = entered.closed && { ...entered.closed, name };
    const now = client.clock.now();
    if (Math.abs(now - serverNow.peek()) > CLOCK_STEP_MS) serverNow.value = now;
    state.value = entered.state;
    refusal.value = entered.error;
  });
}

/** What happened to the own standing, for whoever looked elsewhere. */
const REASONS: Readonly<Record<string, string>> = {
  afk_warning: "Still there? Chat or vote within a minute, or you lose your place in the waitlist.",
  afk: "You were away, so your place in the waitlist went to others.",
  no_media: "Your playlist was empty at your turn, so it passed on.",
  too_long: "Your next track is longer than this room allows, so your turn passed on.",
  recently_played: "Your next track was played here a short while ago, so your turn passed on.",
  blocked_media: "This room does not play your next track, so your turn passed on.",
  removed: "Staff took you out of the waitlist.",
  cleared: "The waitlist was cleared.",
  waitlist_banned: "Staff does not let you queue up for now.",
  muted: "Staff muted you for a while.",
  unmuted: "You may chat again.",
};
const STANDING_MS = 20_000;

/** Tell the server, once per play, that it cannot be played here: when many say so, it is skipped. */
function reportFailures(): void {
  let reported = "";
  effect(() => {
    const { failed } = player.value;
    const here = room.peek();
    if (!failed || !here || failed.playId === reported) return;
    reported = failed.playId;
    const { playId, problem, positionMs } = failed;
    const position = positionMs === null ? {} : { position_ms: Math.max(0, Math.round(positionMs)) };
    // Nobody has to know when it did not arrive: others report as well.
    here.request("media.report", { play_id: playId, problem, ...position }).catch(() => undefined);
  });
}

export async function vote(value: 1 | -1): Promise<void> {
  const [here, playId, mine] = [room.peek(), snapshot.peek()?.votes.play_id, you.peek()?.vote ?? 0];
  if (!here || !playId) return;
  const next = mine === value ? 0 : value;
  here.voted({ vote: next });
  if (!(await attempt(here.request("vote.cast", { play_id: playId, value: next })))) here.voted({ vote: mine });
}

export async function voteSkip(): Promise<void> {
  const [here, playId] = [room.peek(), snapshot.peek()?.booth.play?.id];
  if (!here || !playId) return;
  const on = skipVote.peek() !== playId;
  skipVote.value = on ? playId : null;
  if (!(await attempt(here.request("booth.vote_skip", { play_id: playId, on })))) skipVote.value = on ? null : playId;
}

export async function grab(): Promise<void> {
  const [here, playId] = [room.peek(), snapshot.peek()?.votes.play_id];
  if (!here || !playId) return;
  try {
    const { added } = await grabInto(here, playId);
    here.voted({ grabbed: true });
    say(added ? "Grabbed: the track is in your playlist." : "That track was in your playlist already.");
  } catch (error) {
    say(explain(error));
  }
}

/** Grab to the active playlist; who has none yet gets a first one. */
async function grabInto(here: Room, playId: string): Promise<Methods["vote.grab"]["result"]> {
  try {
    return await here.request("vote.grab", { play_id: playId });
  } catch (error) {
    if (!(error instanceof RequestError) || error.code !== "not_found" || error.field !== "playlist_id") throw error;
    const { playlist } = await client.request("playlist.create", { name: "Grabbed" });
    return here.request("vote.grab", { play_id: playId, playlist_id: playlist.id });
  }
}

export async function joinWaitlist(): Promise<void> {
  const here = room.peek();
  try {
    await here?.request("waitlist.join", {});
  } catch (error) {
    say(explain(error));
    if (here === room.peek() && error instanceof RequestError && error.code === "no_media") dialog.value = { kind: "playlists" };
  }
}

export function leaveWaitlist(): void {
  void act("waitlist.leave", {});
}

/** Call a method of the room whose failure is only worth a sentence. */
export async function act<M extends Parameters<Room["request"]>[0]>(
  method: M,
  params: Parameters<typeof Room.prototype.request<M>>[1],
): Promise<boolean> {
  const here = room.peek();
  return here !== null && (await attempt(here.request(method, params)));
}
