import type { User } from "@roomserver/client";

const HUES = 12;

/** Colours go by classes: the content security policy refuses style attributes. */
export function hueClass(id: string): string {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return `hue-${hash % HUES}`;
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...name].slice(0, 2);
  return letters.join("").toUpperCase();
}

export function Avatar({ user, size = "" }: { user: User; size?: "small" | "big" | "" }) {
  const shape = `avatar ${size} ${hueClass(user.id)} ${user.kind === "bot" ? "bot" : ""}`;
  return (
    <span class={shape} aria-hidden="true">
      {user.avatar_url ? (
        <img src={user.avatar_url} alt="" loading="lazy" referrerpolicy="no-referrer" />
      ) : (
        initials(user.name)
      )}
    </span>
  );
}
