// Why a button cannot be used now, as a sentence; empty when it can. Nothing on the page is dead without a word.
import { can, iAmDj, snapshot } from "./room";
import { online } from "./session";

const OFFLINE = "The connection is away; one moment.";

export function whyNoVote(): string {
  if (!online.value) return OFFLINE;
  if (!snapshot.value?.votes.play_id) return "Nothing plays that could be voted on.";
  if (iAmDj.value) return "This is your own track: the others vote on it.";
  return can("VOTE") ? "" : "Your role in this room does not vote.";
}

export function whyNoGrab(): string {
  if (!online.value) return OFFLINE;
  if (!snapshot.value?.votes.play_id) return "Nothing plays that could be grabbed.";
  if (iAmDj.value) return "This is your own track: you have it already.";
  return can("GRAB") ? "" : "Your role in this room does not grab tracks.";
}

export function whyNoWaiting(): string {
  if (!online.value) return OFFLINE;
  const settings = snapshot.value?.settings;
  if (!settings) return OFFLINE;
  if (settings.locked && !can("WAIT_WHILE_LOCKED")) return "The waitlist is locked: for now only residents and staff may join it.";
  const full = (snapshot.value?.waitlist.length ?? 0) >= settings.waitlist_cap;
  return full ? `All ${settings.waitlist_cap} places of the waitlist are taken.` : "";
}
