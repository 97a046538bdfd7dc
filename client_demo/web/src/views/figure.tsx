// People as small drawings: a face in lists, a whole figure on the dance floor.
import type { JSX } from "preact";
import { lookOf, type Look } from "../app/look";
import type { User } from "@roomserver/client";

export type Mood = "idle" | "woot" | "meh";

const HEADS = [
  "M24 8a14 14 0 1 1 0 28 14 14 0 0 1 0-28Z",
  "M21 9h6a11 11 0 0 1 11 11v5a11 11 0 0 1-11 11h-6a11 11 0 0 1-11-11v-5A11 11 0 0 1 21 9Z",
  "M24 6.500c7.500 0 12.500 7 12.500 15.500S31.500 36.500 24 36.500 11.500 30.500 11.500 22 16.500 6.500 24 6.500Z",
  "M24 9c9 0 15.500 5.500 15.500 13.500S33 36 24 36 8.500 30.500 8.500 22.500 15 9 24 9Z",
  "M24 7.500c8.500 0 12 6 13.500 14.500S33 36.500 24 36.500 9 30.500 10.500 22 15.500 7.500 24 7.500Z",
];
const BOT_HEAD = "M14 10h20a5 5 0 0 1 5 5v16a5 5 0 0 1-5 5H14a5 5 0 0 1-5-5V15a5 5 0 0 1 5-5Z";

/** Ears, hats and hair; what is behind the head is drawn first. */
const TOPS: readonly (readonly [behind: string, front: string])[] = [
  ["", ""],
  ["M10 21 10.500 4.500 22 11ZM38 21 37.500 4.500 26 11Z", ""],
  ["", "M10.500 18.500C10.500 9 16 5 24 5s13.500 4 13.500 13.500c-8.500-3-18.500-3-27 0ZM24 1.500a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z"],
  ["M18 12 17 3l5 4 2-5 2 5 5-4-1 9Z", ""],
  ["M24 .500a6 6 0 1 1 0 12 6 6 0 0 1 0-12Z", "M10.500 20C11 11 16 7 24 7s13 4 13.500 13C30 13.500 18 13.500 10.500 20Z"],
  ["M12 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12ZM36 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12Z", ""],
  ["M24 4C10 4 7 14 7.500 26c.3 7 0 12-1.500 16h36c-1.500-4-1.800-9-1.500-16C41 14 38 4 24 4Z", "M10.500 21C12 12 17 8 25 8c7 0 11 4 12.500 12-6-1-11-3-14-7-3 4-7 7-13 8Z"],
  ["", "M11 19c-3-3-2-8 2-9 0-4 5-6 8-4 2-3 7-3 9 0 4-1 8 1 8 5 3 2 3 6 0 8-3-4-8-6-13.500-6S14 15 11 19Z"],
];

const EYES: readonly JSX.Element[] = [
  <path d="M19 20a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400Zm10 0a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400Z" />,
  <path d="M19 18.500c1 0 1.800 1.500 1.800 3.300s-.8 3.200-1.800 3.200-1.800-1.400-1.800-3.200.8-3.300 1.800-3.300Zm10 0c1 0 1.800 1.500 1.800 3.300s-.8 3.200-1.800 3.200-1.800-1.400-1.800-3.200.8-3.300 1.800-3.300Z" />,
  <path class="line" d="M18.500 17.500a4.300 4.300 0 1 1 0 8.600 4.300 4.300 0 0 1 0-8.600Zm11 0a4.300 4.300 0 1 1 0 8.600 4.300 4.300 0 0 1 0-8.600Zm-6.700 3.600q1.200-1 2.400 0M18.500 21.800h.1m10.900 0h.1" />,
  <path class="line" d="M16.500 22q2.500 2.600 5 0m5 0q2.500 2.600 5 0" />,
];

const MOUTHS: Record<Mood, JSX.Element> = {
  idle: <path class="line" d="M20.500 29q3.500 2.600 7 0" />,
  woot: <path d="M18.500 27.500h11a5.500 5.500 0 0 1-11 0Z" />,
  meh: <path class="line" d="M20.500 31q3.500-2.600 7 0" />,
};

const ARMS: Record<Mood, string> = {
  idle: "M11.500 47 9 58M36.500 47 39 58",
  woot: "M12 46 4 33M36 46l8-13",
  meh: "M12 47l9 8M36 47l-9 8",
};

function Head({ user, look, mood }: { user: User; look: Look; mood: Mood }) {
  const [behind, front] = TOPS[look.top] ?? ["", ""];
  if (user.kind === "bot") {
    return (
      <>
        <path class="hair" d="M22.800 10V4.500h2.400V10ZM24 .500a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600Z" />
        <path class="skin" d={BOT_HEAD} />
        <path class="visor" d="M15 16.500h18a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-2.500 2.500H15a2.500 2.500 0 0 1-2.500-2.500v-5a2.500 2.500 0 0 1 2.500-2.500Z" />
        <path class="glow" d="M18 19.500h3.500v4H18Zm8.500 0H30v4h-3.500Z" />
        <g class="ink">{MOUTHS[mood]}</g>
      </>
    );
  }
  return (
    <>
      {behind && <path class="hair" d={behind} />}
      <path class="skin" d={HEADS[look.head] ?? ""} />
      {front && <path class="hair" d={front} />}
      <g class="ink">{EYES[look.eyes]}{MOUTHS[mood]}</g>
    </>
  );
}

/** The face alone, for a round frame. */
export function Face({ user }: { user: User }) {
  return (
    <svg viewBox="4 1 40 40" aria-hidden="true" focusable="false">
      <Head user={user} look={lookOf(user)} mood="idle" />
    </svg>
  );
}

/** Somebody from head to hips; an own picture takes the place of the drawn head. */
export function Figure({ user, mood, headphones = false }: { user: User; mood: Mood; headphones?: boolean }) {
  const look = lookOf(user);
  return (
    <span class={`figure ${look.hue} ${look.hair}`} aria-hidden="true">
      <svg viewBox="0 0 48 64" focusable="false">
        <path class="arms" d={ARMS[mood]} />
        <path class="body" d="M9 64c0-18 5-25.500 15-25.500S39 46 39 64Z" />
        {!user.avatar_url && <Head user={user} look={look} mood={mood} />}
        {headphones && <path class="phones" d="M9 21C9-.500 39-.500 39 21M8.500 19.500v6.500m2-7v7.500m29-7v6.500m-2-7v7.500" />}
      </svg>
      {user.avatar_url && <img src={user.avatar_url} alt="" loading="lazy" referrerpolicy="no-referrer" />}
    </span>
  );
}
