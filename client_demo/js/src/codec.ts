// Bytes to envelopes and back. One WebSocket message is one or more MessagePack values back to back.
import { decodeMulti, encode } from "@msgpack/msgpack";

export type Fields = Record<string, unknown>;

export type Reply =
  | { kind: "response"; id: number; error: Fields | null; result: Fields | null }
  | { kind: "event"; name: string; params: Fields };

const REQUEST = 0;
const RESPONSE = 1;
const NOTIFICATION = 2;

/** Encode a call; without an id it is a notification and gets no response. */
export function encodeRequest(id: number | null, method: string, params: object): Uint8Array<ArrayBuffer> {
  const envelope = id === null ? [NOTIFICATION, method, params] : [REQUEST, id, method, params];
  // The server refuses nil for an absent param, so undefined fields must not reach the wire.
  return encode(envelope, { ignoreUndefined: true });
}

/** Read all values of a message. Shapes of a later version are left out, not failed on. */
export function decodeMessage(data: ArrayBuffer | Uint8Array): Reply[] {
  const replies: Reply[] = [];
  for (const value of decodeMulti(data)) {
    const reply = parseReply(value);
    if (reply) replies.push(reply);
  }
  return replies;
}

export function parseReply(value: unknown): Reply | null {
  if (!Array.isArray(value)) return null;
  const [kind, second, third, fourth] = value as unknown[];
  if (kind === RESPONSE && typeof second === "number") {
    if (isFields(third)) return { kind: "response", id: second, error: third, result: null };
    if (isFields(fourth)) return { kind: "response", id: second, error: null, result: fourth };
  }
  if (kind === NOTIFICATION && typeof second === "string" && isFields(third)) {
    return { kind: "event", name: second, params: third };
  }
  return null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
