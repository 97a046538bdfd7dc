// Which revision of the privacy policy waits for an answer. Pure.
import type { PolicyVersion, Privacy } from "@roomserver/client";

export interface Pending {
  version: PolicyVersion;
  /** In force already: until it is accepted, chat and the booth stay closed. */
  due: boolean;
}

/** `putOff` is the revision that its reader wants to be asked about on its day. */
export function pendingOf(privacy: Privacy, putOff: number): Pending | null {
  const { must_accept, policy, coming, accepted_rev } = privacy;
  if (must_accept) return { version: policy, due: true };
  if (!coming?.material || coming.rev === putOff || coming.rev === accepted_rev) return null;
  return { version: coming, due: false };
}
