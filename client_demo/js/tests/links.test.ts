import assert from "node:assert/strict";
import { test } from "node:test";
import vectors from "../../../tests/vectors/links.json";
import { formatDuration, looksLikeVideo, parseDuration, parseLink, readLink } from "../src/media/links.ts";

const ID = "dQw4w9WgXcQ";

interface Vector {
  link: string;
  source?: string;
  source_id?: string;
  title?: string;
  start_ms?: number;
  error?: string;
}

test("links are read as the server reads them", () => {
  for (const { link, error, ...expected } of vectors as Vector[]) {
    const read = readLink(link);
    if (error !== undefined) {
      assert.equal(read, null, link);
      continue;
    }
    assert.ok(read, link);
    const got = read.source === "direct"
      ? { source: read.source, source_id: read.url, title: read.title }
      : { source: read.source, source_id: read.id, ...(read.startMs > 0 ? { start_ms: read.startMs } : {}) };
    assert.deepEqual(got, expected, link);
  }
});

test("a link is as long as media may have it", () => {
  const fits = `https://x.example/${"a".repeat(1006)}`;
  assert.ok(readLink(fits));
  assert.equal(readLink(`${fits}a`), null);
});

test("a SoundCloud track is known, and this client does not play it", () => {
  const link = "https://soundcloud.com/artist/track";
  assert.deepEqual(readLink(link), { source: "soundcloud", id: "artist/track", startMs: 0 });
  assert.equal(parseLink(link), null);
});

test("every form of a YouTube link gives the id", () => {
  const links = [
    `https://www.youtube.com/watch?v=${ID}`, `https://youtu.be/${ID}?si=x`, `https://m.youtube.com/watch?list=a&v=${ID}`,
    `https://www.youtube.com/shorts/${ID}`, `https://www.youtube-nocookie.com/embed/${ID}`, `http://music.youtube.com/watch?v=${ID}`,
  ];
  for (const link of links) assert.deepEqual(parseLink(link), { source: "youtube", id: ID, startMs: 0 }, link);
});

test("a start in a YouTube link is kept", () => {
  assert.deepEqual(parseLink(`https://youtu.be/${ID}?t=1m30s`), { source: "youtube", id: ID, startMs: 90_000 });
  assert.deepEqual(parseLink(`https://youtu.be/${ID}?t=75`), { source: "youtube", id: ID, startMs: 75_000 });
});

test("a YouTube page without a video is not a file", () => {
  assert.equal(parseLink("https://www.youtube.com/feed/trending"), null);
});

test("a file's name is its first title", () => {
  assert.deepEqual(parseLink(" https://x.example/a/My_first%20song.mp3?dl=1 "), {
    source: "direct", url: "https://x.example/a/My_first%20song.mp3?dl=1", title: "My first song", video: false,
  });
  assert.deepEqual(parseLink("/media/demo/x.wav"), { source: "direct", url: "/media/demo/x.wav", title: "x", video: false });
});

test("what cannot be played is refused", () => {
  for (const text of ["", "hello", "javascript:alert(1)", "ftp://x/y.mp3", "/media/../secret", "https://user:pw@x.example/a.mp3"]) {
    assert.equal(parseLink(text), null, text);
  }
});

test("video is known by its file", () => {
  assert.ok(looksLikeVideo("https://x.example/a.MP4?x=1"));
  assert.ok(looksLikeVideo("/media/a.webm"));
  assert.ok(!looksLikeVideo("https://x.example/a.mp3?next=b.mp4"));
});

test("lengths are read and written", () => {
  assert.equal(parseDuration("3:25"), 205_000);
  assert.equal(parseDuration("1:02:03"), 3_723_000);
  for (const text of ["", "205", "3:75", "0:00", "a:b"]) assert.equal(parseDuration(text), null, text);
  assert.equal(formatDuration(205_999), "3:25");
  assert.equal(formatDuration(3_723_000), "1:02:03");
});
