import { lookOf } from "../app/look";
import type { User } from "@roomserver/client";
import { Face } from "./figure";

/** Colours go by classes: the content security policy refuses style attributes. */
export function hueClass(user: User): string {
  return lookOf(user).hue;
}

export function Avatar({ user, size = "" }: { user: User; size?: "small" | "big" | "" }) {
  const look = lookOf(user);
  return (
    <span class={`avatar ${size} ${look.hue} ${look.hair} ${user.kind === "bot" ? "bot" : ""}`} aria-hidden="true">
      {user.avatar_url ? <img src={user.avatar_url} alt="" loading="lazy" referrerpolicy="no-referrer" /> : <Face user={user} />}
    </span>
  );
}
