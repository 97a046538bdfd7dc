// Playlist files: what is in them, and parts of them that fit a request. Pure.
import { LIMITS } from "@roomserver/client";

export interface ImportList {
  name: string;
  items: unknown[];
}

/** The text of one request and which items it holds. */
export interface ImportPart {
  from: number;
  count: number;
  text: string;
}

/** Room for the envelope, the method's name and the playlist's id. */
const ENVELOPE_BYTES = 512;
const PART_BYTES = LIMITS.MESSAGE_BYTES - ENVELOPE_BYTES;

type Fields = Record<string, unknown>;

/**
 * Read a file: open JSON, or one of the shapes of plug.dj exports. The items themselves are the
 * server's to judge. Throws a sentence for people.
 */
export function readLists(text: string, fallbackName: string): ImportList[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("That file is not JSON.");
  }
  const lists = listsIn(value, fallbackName).map(({ name, items }) => ({ name: [...name].slice(0, LIMITS.TITLE_CHARS).join(""), items }));
  if (lists.every((list) => list.items.length === 0)) throw new Error("There are no tracks in that file.");
  return lists.filter((list) => list.items.length > 0);
}

function listsIn(value: unknown, name: string): ImportList[] {
  if (Array.isArray(value)) {
    const nested = value.flatMap((entry) => (isMap(entry) && hasItems(entry) ? listsIn(entry, name) : []));
    return nested.length > 0 ? nested : [{ name, items: value }];
  }
  if (!isMap(value)) return [];
  const own = typeof value.name === "string" && value.name.trim() ? value.name.trim() : name;
  for (const key of ["items", "media", "data"]) {
    const inner = value[key];
    if (Array.isArray(inner)) return listsIn(inner, own);
  }
  const { playlists } = value;
  if (Array.isArray(playlists)) return listsIn(playlists, own);
  if (!isMap(playlists)) return [];
  return Object.entries(playlists).flatMap(([title, inner]) => listsIn(inner, title));
}

function hasItems(entry: Fields): boolean {
  return ["items", "media", "data"].some((key) => Array.isArray(entry[key]));
}

/** Split items, from one of them on, into the texts of requests. An item too big for any is sent alone. */
export function splitItems(name: string, items: readonly unknown[], from = 0, maxBytes = PART_BYTES): ImportPart[] {
  const encoder = new TextEncoder();
  const size = (text: string): number => encoder.encode(text).length;
  const head = `{"name":${JSON.stringify(name)},"items":[`;
  const parts: ImportPart[] = [];
  let texts: string[] = [];
  let bytes = size(head) + 2;
  let begin = from;
  const flush = (): void => {
    if (texts.length > 0) parts.push({ from: begin, count: texts.length, text: `${head}${texts.join(",")}]}` });
    begin += texts.length;
    texts = [];
    bytes = size(head) + 2;
  };
  for (const item of items.slice(from)) {
    const text = JSON.stringify(item) ?? "null";
    const more = size(text) + 1;
    if (texts.length >= LIMITS.INSERT_MAX || (texts.length > 0 && bytes + more > maxBytes)) flush();
    texts.push(text);
    bytes += more;
  }
  flush();
  return parts;
}

/** What the server said of an item, without the path to it. */
export function withoutPath(message: string): string {
  return message.replace(/^[\w.]+\[\d+\][.:]?\s*/, "");
}

/** Which item of a part an error of the server names, as an index into the whole file. */
export function namedItem(part: ImportPart, field: string | null, message: string): number {
  const digits = /items\W{0,2}(\d+)/.exec(field ?? "") ?? /items?\W{0,2}(\d+)/.exec(message);
  const index = digits?.[1] === undefined ? 0 : Number(digits[1]);
  return part.from + Math.min(index, part.count - 1);
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
