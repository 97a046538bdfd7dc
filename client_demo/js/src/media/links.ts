// What a pasted link is: a YouTube video, a SoundCloud track, or a file. The server reads links by
// the same rules (protocol/links.py); tests/vectors/links.json holds both to it.
import { LIMITS } from "../protocol.ts";

export type Link =
  | { source: "youtube"; id: string; startMs: number }
  | { source: "direct"; url: string; title: string; video: boolean };

export type AnyLink = Link | { source: "soundcloud"; id: string; startMs: number };

const OWN_PATH = /^\/media\/[A-Za-z0-9._/-]+$/;
const BARE_SITE = /^(?:www\.|m\.|music\.)?(?:youtube\.com|youtu\.be|soundcloud\.com)\//i;
const PLAIN = /^https?:\/\/(?![^/?#]*@)[^\s\\\x00-\x1f\x7f]+$/i;
const HOST = /^(?:[a-z0-9._-]+|\[.*\])$/;

const YOUTUBE_ID = /^[A-Za-z0-9_-]{11}$/;
const YOUTUBE_HOSTS = new Set(["youtube.com", "m.youtube.com", "music.youtube.com", "youtube-nocookie.com"]);
const YOUTUBE_PATH = /^\/(?:embed|shorts|live|v|e)\/([^/]+)\/?$/;
const SOUNDCLOUD_HOSTS = new Set(["soundcloud.com", "m.soundcloud.com"]);
const SOUNDCLOUD_TRACK = /^\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)(\/s-[A-Za-z0-9]+)?\/?$/;
const SOUNDCLOUD_PAGES = new Set(
  ("albums charts comments discover followers following likes messages people playlists popular-tracks " +
    "reposts search sets settings spotlight stations stream tags toptracks tracks upload you").split(" "),
);

const VIDEO_FILE = /\.(mp4|m4v|webm|ogv|mov|mkv)$/i;
const DAY_MS = 86_400_000;

/** Read a pasted link, or return null when this client cannot play it. */
export function parseLink(text: string): Link | null {
  const link = readLink(text);
  return link?.source === "soundcloud" ? null : link;
}

/** Read a pasted link to anything that a playlist takes, or return null. */
export function readLink(text: string): AnyLink | null {
  const trimmed = text.trim();
  if (OWN_PATH.test(trimmed) && !trimmed.includes("..")) return direct(trimmed, trimmed);
  const url = urlOf(BARE_SITE.test(trimmed) ? `https://${trimmed}` : trimmed);
  if (!url) return null;
  const site = url.hostname.replace(/^www\./, "");
  if (site === "youtu.be" || YOUTUBE_HOSTS.has(site) || site.endsWith(".youtube.com")) {
    const id = youtubeId(url, site);
    return id && YOUTUBE_ID.test(id) ? { source: "youtube", id, startMs: startOf(url) } : null;
  }
  if (site === "soundcloud.com" || site.endsWith(".soundcloud.com")) {
    const id = SOUNDCLOUD_HOSTS.has(site) ? soundcloudId(url) : null;
    return id === null ? null : { source: "soundcloud", id, startMs: startOf(url) };
  }
  url.hash = "";
  return url.href.length <= LIMITS.URL_CHARS ? direct(url.href, url.pathname) : null;
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

function urlOf(text: string): URL | null {
  if (!PLAIN.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  return HOST.test(url.hostname) ? url : null;
}

function youtubeId(url: URL, site: string): string | null | undefined {
  if (site === "youtu.be") return url.pathname.slice(1).replace(/\/$/, "");
  if (!YOUTUBE_HOSTS.has(site)) return null;
  if (/^\/watch\/*$/.test(url.pathname)) return url.searchParams.get("v");
  return YOUTUBE_PATH.exec(url.pathname)?.[1];
}

function soundcloudId(url: URL): string | null {
  const match = SOUNDCLOUD_TRACK.exec(url.pathname);
  // Upper case works there too, and two spellings of a track would be two tracks here.
  const [artist, track] = [match?.[1]?.toLowerCase(), match?.[2]?.toLowerCase()];
  if (!artist || !track || SOUNDCLOUD_PAGES.has(artist) || SOUNDCLOUD_PAGES.has(track)) return null;
  return `${artist}/${track}${match?.[3] ?? ""}`;
}

/** Where a link says to begin: "75", "75s", "1m30s", "1:30" in t, start or #t; 0 when it does not. */
function startOf(url: URL): number {
  const query = url.searchParams;
  const text = query.get("t") || query.get("start") || new URLSearchParams(url.hash.slice(1)).get("t") || "";
  const clock = /^(?:([0-9]{1,2}):)?([0-9]{1,2}):([0-9]{2})$/.exec(text);
  const match = clock ?? /^(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s?)?$/.exec(text);
  if (!match) return 0;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const ms = ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
  return ms < DAY_MS ? ms : 0;
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
