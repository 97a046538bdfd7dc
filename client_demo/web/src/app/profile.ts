// What one can change about oneself: only what differs is sent. Pure.
import type { Account, Methods } from "@roomserver/client";

export interface Profile {
  username: string;
  avatar_url: string;
  bio: string;
  email: string;
  country: string;
}

export type Change = Methods["account.update"]["params"];

export function profileOf({ user, email, country }: Account): Profile {
  return { username: user.name, avatar_url: user.avatar_url ?? "", bio: user.bio ?? "", email: email ?? "", country: country ?? "" };
}

/** The fields that were written anew; null when everything is as it was. An empty text removes what was there. */
export function changesOf(before: Profile, after: Profile): Change | null {
  const written = Object.entries(after).map(([field, text]): [string, string] => [field, text.trim()]);
  const changed = written.filter(([field, text]) => text !== before[field as keyof Profile]);
  return changed.length === 0 ? null : Object.fromEntries(changed);
}
