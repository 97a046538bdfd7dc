// One joined room: keeps the state in step with the server, rejoins on a gap.
import { LIMITS, type Events, type JoinResult, type MethodName, type Methods } from "./protocol.ts";
import { ConnectionLost, RequestError } from "./errors.ts";
import type { Socket } from "./socket.ts";
import { echoed, held, joined, step, withHistory, type RoomState } from "./stream.ts";

/** The methods whose params name a room. */
export type RoomMethod = {
  [M in MethodName]: Methods[M]["params"] extends { room: string } ? M : never;
}[MethodName];

export interface RoomHost {
  readonly socket: Socket | null;
  readonly userId: string;
  readonly status: { readonly kind: string };
  request<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  on<E extends keyof Events>(name: E, listener: (params: Events[E]) => void): () => void;
  watch(watcher: () => void): () => void;
}

type Listener = (room: Room) => void;

export class Room {
  state: RoomState | null = null;
  /** Why the last join was refused, until one works. */
  error: RequestError | null = null;
  /** Why the server put us out; the room stays closed until `reenter`. */
  closed: Events["room.closed"] | null = null;
  private password: string | undefined;
  private joining: Promise<void> | null = null;
  private fresh = false;
  /** Joined on the connection that is open now. */
  private here = false;
  private readonly listeners = new Set<Listener>();

  constructor(
    readonly ref: string,
    private readonly host: RoomHost,
  ) {}

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Listen to an event of this room. */
  on<E extends keyof Events>(name: E, listener: (params: Events[E]) => void): () => void {
    return this.host.on(name, (params) => {
      if ("room" in params && params.room === this.state?.id) listener(params);
    });
  }

  /**
   * Say something, once: an answer that is lost with its connection is asked for again after the
   * next join, under the same nonce, which the server knows for five minutes.
   */
  async chat(text: string, more: { reply_to?: string; emote?: boolean } = {}): Promise<Methods["chat.send"]["result"]> {
    const params = { text, nonce: freshNonce(), ...more };
    const until = performance.now() + LIMITS.NONCE_WINDOW_MS;
    for (;;) {
      try {
        return await this.request("chat.send", params);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        await this.entry(until - performance.now());
      }
    }
  }

  /**
   * Wait until this room is joined on an open connection.
   *
   * Rejects with the server's refusal, and with `ConnectionLost` when the client stops or time is up.
   */
  entry(withinMs: number = LIMITS.NONCE_WINDOW_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        for (const stop of stops) stop();
        settle();
      };
      const look = (): void => {
        if (this.here) finish(resolve);
        else if (this.error) finish(() => reject(this.error));
        else if (this.closed) finish(() => reject(new ConnectionLost(`the room is closed: ${this.closed?.reason}`)));
        else if (this.host.status.kind === "stopped") finish(() => reject(new ConnectionLost("the client has stopped")));
      };
      const timer = setTimeout(() => finish(() => reject(new ConnectionLost())), Math.max(0, withinMs));
      const stops = [this.subscribe(look), this.host.watch(look)];
      look();
    });
  }

  /** Call a method of this room. */
  request<M extends RoomMethod>(method: M, params: Omit<Methods[M]["params"], "room">): Promise<Methods[M]["result"]> {
    return this.host.request(method, { room: this.state?.id ?? this.ref, ...params } as Methods[M]["params"]);
  }

  /** Join, or resume where the stream broke off. Runs once at a time; a password given meanwhile is tried next. */
  join(password?: string): Promise<void> {
    if (password !== undefined) this.password = password;
    if (this.joining) return this.joining;
    if (this.closed) return Promise.resolve();
    const run = this.enter().finally(() => {
      // A gap right behind the answer may have begun the next join already.
      if (this.joining === run) this.joining = null;
    });
    this.joining = run;
    return run;
  }

  /** Come back after having been put out. */
  reenter(): Promise<void> {
    this.closed = null;
    return this.join();
  }

  /** The room has a new epoch: what is held is void for resuming. */
  resync(): void {
    this.fresh = true;
    void this.join();
  }

  /** Forget the connection; the state stays on screen until the next join answers. */
  disconnected(): void {
    this.joining = null;
    this.here = false;
  }

  /** Take an event of this room. Those that come while a join is open belong to its past. */
  receive(name: string, params: object): void {
    if (name === "room.closed") return this.putOut(params as Events["room.closed"]);
    if (!this.state || this.joining) return;
    if (name === "chat.echo") return this.set(echoed(this.state, (params as Events["chat.echo"]).message));
    if (name === "you.updated") return this.youUpdated(params as Events["you.updated"]);
    const { state, outcome } = step(this.state, name, params, this.host.userId);
    if (outcome === "gap") void this.join();
    else if (state !== this.state) this.set(state);
  }

  async loadOlder(): Promise<boolean> {
    const first = this.state?.log.find((entry) => entry.kind === "message" && !entry.echo);
    const before = first?.kind === "message" ? first.message.seq : undefined;
    const params = before === undefined ? {} : { before_seq: before };
    const page = await this.request("chat.history", params);
    if (this.state) this.set(withHistory(this.state, page.messages, page.more));
    return page.more;
  }

  /**
   * Say whether somebody reads back: while they do, the log loses none of their lines. Afterwards it
   * has its usual length again; returns whether lines went that `loadOlder` can bring back.
   */
  hold(on: boolean): boolean {
    const before = this.state;
    if (!before) return false;
    const state = held(before, on);
    if (state !== before) this.set(state);
    return state.log.length < before.log.length;
  }

  /** Show the own vote at once; the tally confirms it. */
  voted(you: Partial<RoomState["you"]>): void {
    if (this.state) this.set({ ...this.state, you: { ...this.state.you, ...you } });
  }

  private putOut(closed: Events["room.closed"]): void {
    this.closed = closed;
    this.joining = null;
    this.here = false;
    this.state = null;
    this.error = null;
    this.tell();
  }

  private youUpdated(event: Events["you.updated"]): void {
    if (!this.state) return;
    const { vote, grabbed } = this.state.you;
    const { room: _room, reason: _reason, ...standing } = event;
    const you = { ...standing, ...(vote === undefined ? {} : { vote }), grabbed: grabbed ?? false };
    this.set({ ...this.state, you });
  }

  private async enter(): Promise<void> {
    const { socket } = this.host;
    if (!socket) return;
    this.error = null;
    const resume = this.state && !this.fresh ? { epoch: this.state.epoch, seq: this.state.seq } : undefined;
    const { password } = this;
    const params = { room: this.ref, ...(password && { password }), ...(resume && { resume }) };
    try {
      await socket.request("room.join", params, (result) => this.entered(result));
      // An answer that does not fit what is held is thrown away and asked for afresh, once.
      if (this.fresh && resume) await socket.request("room.join", { ...params, resume: undefined } as never, (result) =>
        this.entered(result as JoinResult),
      );
    } catch (error) {
      if (!(error instanceof RequestError)) return;
      if (error.code === "wrong_password" && this.password !== password) return this.enter();
      this.error = error;
      this.tell();
    }
  }

  private entered(result: JoinResult): void {
    if (this.closed) return;
    const state = joined(this.state, result, this.host.userId);
    this.fresh = state === null;
    if (!state) return;
    this.error = null;
    this.joining = null;
    this.here = true;
    this.set(state);
  }

  private set(state: RoomState): void {
    this.state = state;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener(this);
  }
}

function freshNonce(): string {
  return crypto.randomUUID();
}
