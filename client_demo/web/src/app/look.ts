// How somebody without a picture looks: drawn from their id, so that everyone sees the same. Pure.
import type { User } from "@roomserver/client";

export const HUES = 12;
const HAIRS = 6;
const HEADS = 5;
const TOPS = 8;
const EYES = 4;

export interface Look {
  /** Names of classes in tokens.css. */
  hue: string;
  hair: string;
  /** Which of the shapes in figure.tsx. */
  head: number;
  top: number;
  eyes: number;
}

/** FNV-1a: short ids that differ in one letter must not look alike. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // The low digits of FNV depend on the low digits of the letters alone; stir them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Guests look plain: an account is somebody to be recognised by. */
export function lookOf(user: User): Look {
  const hash = hashOf(user.id);
  const part = (shift: number, of: number): number => Math.floor(hash / 2 ** shift) % of;
  const guest = user.kind === "guest";
  return {
    hue: guest ? "hue-guest" : `hue-${part(0, HUES)}`,
    hair: `hair-${part(5, HAIRS)}`,
    head: part(9, HEADS),
    top: guest ? 0 : part(13, TOPS),
    eyes: part(18, EYES),
  };
}
