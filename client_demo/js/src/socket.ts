// One WebSocket: typed requests, events, and one close. It knows nothing of reconnecting.
import { SUBPROTOCOL, type MethodName, type Methods } from "./protocol.ts";
import { decodeMessage, encodeRequest, type Fields, type Reply } from "./codec.ts";
import { ConnectionLost, RequestError } from "./errors.ts";

/** The part of WebSocket that is used, so that tests can stand in for it. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount?: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
}

export type OpenSocket = (url: string, subprotocol: string) => SocketLike;

export interface SocketHandlers {
  event(name: string, params: Fields): void;
  closed(code: number | null, reason: string): void;
}

interface Pending {
  resolve(result: Fields): void;
  reject(error: Error): void;
  now: ((result: never) => void) | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const REQUEST_TIMEOUT_MS = 20_000;

export class Socket {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private ended = false;
  private readonly socket: SocketLike;
  /** What `closing` said in band; proxies lose close codes. */
  private announced: { code: number; reason: string } | null = null;

  constructor(url: string, open: OpenSocket, private readonly handlers: SocketHandlers) {
    this.socket = open(url, SUBPROTOCOL);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = (event) => this.end(event.code, event.reason);
  }

  get open(): boolean {
    return !this.ended;
  }

  /** Bytes that are not sent yet. */
  get waiting(): number {
    return this.socket.bufferedAmount ?? 0;
  }

  /**
   * Send a request. `now` is called with the result before any later value of the same message
   * is handled: events that follow a `room.join` response must find the room joined.
   */
  request<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    now?: (result: Methods[M]["result"]) => void,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Methods[M]["result"]> {
    if (this.ended) return Promise.reject(new ConnectionLost());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new ConnectionLost(`no answer to ${method} in ${timeoutMs} ms`));
      }, timeoutMs);
      this.pending.set(id, { resolve: resolve as (result: Fields) => void, reject, now: now as Pending["now"], timer });
      this.write(encodeRequest(id, method, params));
    });
  }

  /** Send without wanting an answer. */
  notify<M extends MethodName>(method: M, params: Methods[M]["params"]): void {
    if (!this.ended) this.write(encodeRequest(null, method, params));
  }

  announceClose(code: number, reason: string): void {
    this.announced = { code, reason };
  }

  /** Close and report nothing: the owner is done with this socket. */
  discard(): void {
    this.handlers.closed = () => undefined;
    this.abort();
  }

  /** Give up on a silent peer: a close handshake would wait for the answer that does not come. */
  abort(code: number | null = null): void {
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close(1000);
    this.end(code, "");
  }

  private write(bytes: Uint8Array<ArrayBuffer>): void {
    try {
      this.socket.send(bytes);
    } catch {
      // Between the network's end and `close` a browser throws; the close event settles it.
    }
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer) && !(data instanceof Uint8Array)) return;
    for (const reply of decodeMessage(data)) {
      if (this.ended) return;
      if (reply.kind === "event") this.handlers.event(reply.name, reply.params);
      else this.settle(reply);
    }
  }

  private settle(reply: Extract<Reply, { kind: "response" }>): void {
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    this.pending.delete(reply.id);
    clearTimeout(pending.timer);
    if (reply.error) return pending.reject(new RequestError(reply.error));
    pending.now?.((reply.result ?? {}) as never);
    pending.resolve(reply.result ?? {});
  }

  private end(code: number | null, reason: string): void {
    if (this.ended) return;
    this.ended = true;
    for (const pending of this.pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(new ConnectionLost());
    }
    this.pending.clear();
    const own = code !== null && code >= 4000;
    const said = own ? { code, reason } : (this.announced ?? { code, reason });
    this.handlers.closed(said.code, said.reason);
  }
}
