// The client: one connection that comes back by itself, a session, a clock, and rooms.
import {
  PROTOCOL_VERSION,
  type Events,
  type Hello,
  type MethodName,
  type Methods,
  type Session,
  type SessionLoginParams,
  type SessionRegisterParams,
} from "./protocol.ts";
import { closeMeaning, closeVerdict, retryDelay } from "./backoff.ts";
import { ServerClock } from "./clock.ts";
import { ConnectionLost, RequestError } from "./errors.ts";
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
}

const HELLO_MS = 10_000;

export class Client implements RoomHost {
  readonly clock = new ServerClock();
  status: Status = { kind: "connecting" };
  hello: Hello | null = null;
  session: Session | null = null;
  socket: Socket | null = null;
  private readonly rooms = new Map<string, Room>();
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Map<string, Set<(params: never) => void>>();
  private prober: Prober | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private dialing = false;
  private attempt = 0;
  private askedToWait = 0;

  constructor(private readonly options: ClientOptions) {}

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

  request<M extends MethodName>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    if (!this.socket || this.status.kind === "connecting") return Promise.reject(new ConnectionLost("not connected"));
    return this.socket.request(method, params);
  }

  start(): void {
    void this.connect();
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

  async logout(): Promise<void> {
    await this.request("session.logout", {});
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

  private async connect(): Promise<void> {
    if (this.dialing) return;
    this.dialing = true;
    clearTimeout(this.retryTimer);
    let socket: Socket | null = null;
    try {
      socket = await this.dial();
      const session = await this.authenticate(socket);
      if (socket.open) this.online(socket, session);
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
    if (token === null) return socket.request("session.guest", {});
    try {
      return await socket.request("session.resume", { token });
    } catch (error) {
      if (!(error instanceof RequestError) || error.temporary) throw error;
      this.options.tokens.set(null);
      return socket.request("session.guest", {});
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
    if (name === "resync") this.byId((params as Events["resync"]).room)?.resync();
    else if (name === "chat.echo") this.byId((params as Events["chat.echo"]).message.room)?.receive(name, params);
    else if ("room" in params) this.byId(String(params.room))?.receive(name, params);
    for (const listener of this.listeners.get(name) ?? []) listener(params as never);
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
    let verdict = closeVerdict(code);
    if (code === 4001 && this.session !== null) {
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
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }
}
