// What a pasted link is: a YouTube video, or a file that the browser can play by itself.

export type Link =
  | { source: "youtube"; id: string; startMs: number }
  | { source: "direct"; url: string; title: string; video: boolean };

const YOUTUBE_ID = /^[A-Za-z0-9_-]{11}$/;
const YOUTUBE_HOSTS = new Set(["youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"]);
const VIDEO_FILE = /\.(mp4|m4v|webm|ogv|mov|mkv)$/i;
const OWN_PATH = /^\/media\/[A-Za-z0-9._/-]+$/;

/** Read a pasted link, or return null when nothing here can play it. */
export function parseLink(text: string): Link | null {
  const trimmed = text.trim();
  if (OWN_PATH.test(trimmed) && !trimmed.includes("..")) return direct(trimmed, trimmed);
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    return null;
  }
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username) return null;
  const id = youtubeId(url);
  if (id === "") return null;
  if (id !== null) return { source: "youtube", id, startMs: startOf(url) };
  return direct(url.href, url.pathname);
}

/** The links in a pasted text, one or many, in its order and each once. */
export function parseLinks(text: string): Link[] {
  const found = new Map<string, Link>();
  for (const word of text.split(/[\s,;<>"]+/)) {
    const link = parseLink(word);
    if (link) found.set(link.source === "youtube" ? link.id : link.url, link);
  }
  return [...found.values()];
}

/** Say whether a source looks like moving pictures; everything else gets the plain audio element. */
export function looksLikeVideo(source: string): boolean {
  const path = source.startsWith("/") ? source : (URL.canParse(source) ? new URL(source).pathname : source);
  return VIDEO_FILE.test(path);
}

/** Read "3:25" or "1:02:03" as milliseconds, or return null. */
export function parseDuration(text: string): number | null {
  const parts = text.trim().split(":");
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\d{1,2}$/.test(part))) return null;
  const numbers = parts.map(Number);
  if (numbers.slice(1).some((part) => part > 59)) return null;
  const seconds = numbers.reduce((sum, part) => sum * 60 + part, 0);
  return seconds > 0 ? seconds * 1000 : null;
}

/** Write milliseconds as "3:25" or "1:02:03". */
export function formatDuration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${seconds}`;
}

/** The video's id; "" for a YouTube page without one; null for other sites. */
function youtubeId(url: URL): string | null {
  const host = url.hostname.replace(/^www\./, "");
  let id: string | null | undefined;
  if (host === "youtu.be") id = url.pathname.slice(1);
  else if (!YOUTUBE_HOSTS.has(host)) return null;
  else if (url.pathname === "/watch") id = url.searchParams.get("v");
  else id = /^\/(?:embed|shorts|live|v)\/([^/]+)/.exec(url.pathname)?.[1];
  return id && YOUTUBE_ID.test(id) ? id : "";
}

function startOf(url: URL): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(url.searchParams.get("t") ?? "");
  if (!match) return 0;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}

function direct(url: string, path: string): Link {
  const file = path.split("/").pop() ?? "";
  const bare = file.replace(/\.[a-z0-9]{2,5}$/i, "").replace(/[-_+]+/g, " ");
  let title = bare;
  try {
    title = decodeURIComponent(bare);
  } catch {
    // A stray percent sign: the raw name is still a name.
  }
  return { source: "direct", url, title: title.trim(), video: looksLikeVideo(path) };
}
