// The client: one connection that comes back by itself, a session, a clock, and rooms.
import {
  PROTOCOL_VERSION,
  type Account,
  type Events,
  type Hello,
  type MethodName,
  type Methods,
  type Session,
  type SessionLoginParams,
  type SessionRegisterParams,
  type User,
} from "./protocol.ts";
import { closeMeaning, closeVerdict, retryDelay } from "./backoff.ts";
import { ServerClock } from "./clock.ts";
import { ConnectionLost, RequestError } from "./errors.ts";
import { Feed } from "./feed.ts";
import { Pacing } from "./pacing.ts";
import { Prober } from "./probes.ts";
import { Room, type RoomHost } from "./room.ts";
import { Socket, type OpenSocket } from "./socket.ts";
import type { TokenStore } from "./tokens.ts";

export type Status =
  | { kind: "connecting" }
  | { kind: "online" }
  | { kind: "draining" }
  | { kind: "reconnecting"; reason: string }
  | { kind: "stopped"; code: number | null; reason: string };

export interface ClientOptions {
  url: string;
  tokens: TokenStore;
  open: OpenSocket;
  random?: () => number;
  /** How a client without a good token becomes a guest; not `allowed`, it stops instead. */
  guest?: { name?: string; allowed: boolean };
  /** The local clock in ms, steady; for tests whose clocks are wrong on purpose. */
  local?: () => number;
}

export interface RequestOptions {
  /** Reject with `RateLimited` instead of waiting for the announced rate. */
  now?: boolean;
}

/** An event as `events()` yields it: its name tells what its params are. */
export type AnyEvent = { [E in keyof Events]: { name: E; params: Events[E] } }[keyof Events];

/** A server whose rate is shared with other tabs may refuse in spite of our own count. */
const RATE_TRIES = 3;

const HELLO_MS = 10_000;

export class Client implements RoomHost {
  readonly clock: ServerClock;
  status: Status = { kind: "connecting" };
  hello: Hello | null = null;
  session: Session | null = null;
  socket: Socket | null = null;
  private readonly rooms = new Map<string, Room>();
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Map<string, Set<(params: never) => void>>();
  private readonly feeds = new Set<Feed<AnyEvent>>();
  private readonly pacing = new Pacing();
  private prober: Prober | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private dialing = false;
  private closedByOwner = false;
  private attempt = 0;
  private askedToWait = 0;

  constructor(private readonly options: ClientOptions) {
    this.clock = new ServerClock(options.local);
  }

  /** Where the server is, as given. */
  get url(): string {
    return this.options.url;
  }

  get userId(): string {
    return this.session?.user.id ?? "";
  }

  /** Be told when the status or the session changes. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Listen to an event of the server, room events included. */
  on<E extends keyof Events>(name: E, listener: (params: Events[E]) => void): () => void {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  /**
   * Read the server's events one after the other, room events included, until the client is closed.
   * Throws `EventsLost` to a reader that is ten thousand events behind.
   */
  events(): AsyncIterableIterator<AnyEvent> {
    const feed = new Feed<AnyEvent>((done) => this.feeds.delete(done));
    this.feeds.add(feed);
    if (this.status.kind === "stopped") feed.end();
    return feed;
  }

  /**
   * Call a method. Rates that the server announced are kept by waiting, in order of the calls.
   *
   * Rejects with `RequestError` when the server refuses, with `ConnectionLost` when the answer
   * cannot come any more, and with `RateLimited` when `now` is asked for and it would have to wait.
   */
  request<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    { now = false }: RequestOptions = {},
  ): Promise<Methods[M]["result"]> {
    if (!this.socket || this.status.kind === "connecting") return Promise.reject(new ConnectionLost("not connected"));
    const rates = this.hello?.rates ?? {};
    try {
      if (now) this.pacing.require(method, rates);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    const wait = now ? 0 : this.pacing.reserve(method, rates);
    return this.send(method, params, wait, now ? 1 : RATE_TRIES);
  }

  private async send<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    wait: number,
    tries: number,
  ): Promise<Methods[M]["result"]> {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (!this.socket) throw new ConnectionLost();
    try {
      return await this.socket.request(method, params);
    } catch (error) {
      const isRate = error instanceof RequestError && error.code === "rate_limited" && error.retry_after_ms !== null;
      if (!isRate || tries <= 1) throw error;
      return this.send(method, params, error.retry_after_ms ?? 0, tries - 1);
    }
  }

  start(): void {
    void this.connect();
  }

  /** Leave for good. */
  close(): void {
    this.closedByOwner = true;
    this.drop();
    this.set({ kind: "stopped", code: null, reason: "closed by its owner" });
  }

  /** The page woke up or the network came back: look at once. */
  wake(): void {
    if (this.status.kind === "reconnecting") void this.connect();
    else this.prober?.wake();
  }

  /** Enter a room, by slug or id; it stays joined through reconnects until `leave`. */
  join(ref: string, password?: string): Room {
    const room = this.rooms.get(ref) ?? new Room(ref, this);
    this.rooms.set(ref, room);
    if (this.status.kind === "online") void room.join(password);
    return room;
  }

  /** Enter a room and wait until the server has let us in. Rejects with the server's refusal. */
  async enter(ref: string, password?: string): Promise<Room> {
    const room = this.join(ref, password);
    await room.entry();
    return room;
  }

  leave(room: Room): void {
    this.rooms.delete(room.ref);
    if (room.state) this.socket?.notify("room.leave", { room: room.state.id });
  }

  login(params: SessionLoginParams): Promise<Session> {
    return this.become("session.login", params);
  }

  register(params: SessionRegisterParams): Promise<Session> {
    return this.become("session.register", params);
  }

  guest(name?: string): Promise<Session> {
    return this.become("session.guest", name ? { name } : {});
  }

  /** Change the own account; the session tells what others see of it from then on. */
  async updateAccount(changes: Methods["account.update"]["params"]): Promise<Account> {
    const { account } = await this.request("account.update", changes);
    this.seen(account.user);
    return account;
  }

  /** End this session, or every session of the account; then go on as a guest. */
  async logout(everywhere = false): Promise<void> {
    await this.request("session.logout", { everywhere });
    this.options.tokens.set(null);
    await this.guest();
  }

  /** Change who this page is. The server ends the old user's presence; rooms are joined anew. */
  private async become<M extends "session.login" | "session.register" | "session.guest">(
    method: M,
    params: Methods[M]["params"],
  ): Promise<Session> {
    const session = (await this.request(method, params)) as Session;
    this.adopt(session);
    this.tell();
    for (const room of this.rooms.values()) void room.join();
    return session;
  }

  private adopt(session: Session): void {
    this.session = session;
    this.options.tokens.set(session.token);
  }

  /** The own name or picture is another one now; another tab or the operator may have changed it. */
  private seen(user: User): void {
    if (!this.session || this.session.user.id !== user.id) return;
    this.session = { ...this.session, user };
    this.tell();
  }

  private async connect(): Promise<void> {
    if (this.dialing || this.closedByOwner) return;
    this.dialing = true;
    clearTimeout(this.retryTimer);
    let socket: Socket | null = null;
    try {
      socket = await this.dial();
      const session = await this.authenticate(socket);
      if (this.closedByOwner) socket.discard();
      else if (socket.open) this.online(socket, session);
    } catch (error) {
      // A refused session on a living connection; a close has come through `closed` by itself.
      if (socket?.open) {
        if (error instanceof RequestError) this.askedToWait = error.retry_after_ms ?? 0;
        socket.abort();
      }
    } finally {
      this.dialing = false;
    }
  }

  /** Open a connection and wait for its `hello`. */
  private dial(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.abort(), HELLO_MS);
      const socket: Socket = new Socket(this.options.url, this.options.open, {
        event: (name, params) => {
          if (name !== "hello") return this.event(socket, name, params);
          clearTimeout(timer);
          this.greeted(params as unknown as Hello);
          resolve(socket);
        },
        closed: (code, reason) => {
          clearTimeout(timer);
          reject(new ConnectionLost(closeMeaning(code, reason)));
          this.closed(code, reason);
        },
      });
    });
  }

  private greeted(hello: Hello): void {
    this.hello = hello;
    this.clock.hello(hello.clock_id, hello.server_time_ms);
  }

  private async authenticate(socket: Socket): Promise<Session> {
    if (this.hello?.protocol !== PROTOCOL_VERSION) socket.abort(4004);
    const token = this.options.tokens.get();
    const { name, allowed = true } = this.options.guest ?? {};
    const guest = name === undefined ? {} : { name };
    if (token === null) return socket.request("session.guest", guest);
    try {
      return await socket.request("session.resume", { token });
    } catch (error) {
      if (!(error instanceof RequestError) || error.temporary) throw error;
      if (!allowed) socket.abort(4001);
      this.options.tokens.set(null);
      return socket.request("session.guest", guest);
    }
  }

  private online(socket: Socket, session: Session): void {
    this.socket = socket;
    this.adopt(session);
    this.attempt = 0;
    this.askedToWait = 0;
    this.prober = new Prober(this.clock, socket, () => this.tell());
    this.prober.start();
    this.set({ kind: "online" });
    for (const room of this.rooms.values()) void room.join();
  }

  private drop(): void {
    clearTimeout(this.retryTimer);
    this.prober?.stop();
    this.prober = null;
    this.socket?.discard();
    this.socket = null;
    for (const room of this.rooms.values()) room.disconnected();
  }

  private event(socket: Socket, name: string, params: object): void {
    if (name === "closing") this.closing(socket, params as Events["closing"]);
    if (socket !== this.socket) return;
    if (name === "reconnect") this.draining(params as Events["reconnect"]);
    if (name === "user.updated") this.seen((params as Events["user.updated"]).user);
    if (name === "resync") this.byId((params as Events["resync"]).room)?.resync();
    else if (name === "chat.echo") this.byId((params as Events["chat.echo"]).message.room)?.receive(name, params);
    else if ("room" in params) this.byId(String(params.room))?.receive(name, params);
    for (const listener of this.listeners.get(name) ?? []) listener(params as never);
    for (const feed of this.feeds) feed.push({ name, params } as AnyEvent);
  }

  private closing(socket: Socket, { code, reason, retry_after_ms }: Events["closing"]): void {
    socket.announceClose(code, reason);
    this.askedToWait = retry_after_ms ?? 0;
    if (closeVerdict(code) === "reconnect") this.set({ kind: "draining" });
  }

  private draining({ after_ms, jitter_ms }: Events["reconnect"]): void {
    this.set({ kind: "draining" });
    const random = this.options.random ?? Math.random;
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      this.drop();
      void this.connect();
    }, after_ms + random() * jitter_ms);
  }

  private closed(code: number | null, reason: string): void {
    this.drop();
    if (this.closedByOwner) return;
    let verdict = closeVerdict(code);
    if (code === 4001 && this.session !== null && this.options.guest?.allowed !== false) {
      // The session is gone, the person is still here: they go on as a guest, or as whom another
      // tab has become meanwhile.
      if (this.options.tokens.get() === this.session.token) this.options.tokens.set(null);
      this.session = null;
      verdict = "reconnect";
    }
    const meaning = closeMeaning(code, reason);
    if (verdict === "stop") return this.set({ kind: "stopped", code, reason: meaning });
    const delay = this.askedToWait + retryDelay(verdict, this.attempt++, this.options.random);
    this.askedToWait = 0;
    this.retryTimer = setTimeout(() => void this.connect(), delay);
    this.set({ kind: "reconnecting", reason: meaning });
  }

  private byId(id: string): Room | undefined {
    for (const room of this.rooms.values()) if (room.state?.id === id) return room;
    return undefined;
  }

  private set(status: Status): void {
    this.status = status;
    if (status.kind === "stopped") for (const feed of this.feeds) feed.end();
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}
