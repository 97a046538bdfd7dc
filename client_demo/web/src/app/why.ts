// Why a button cannot be used now, as a sentence; empty when it can. Nothing on the page is dead without a word.
import { can, iAmDj, settings, votes, waitlist } from "./room";
import { online } from "./session";

const OFFLINE = "The connection is away; one moment.";

export function whyNoVote(): string {
  if (!online.value) return OFFLINE;
  if (!votes.value?.play_id) return "Nothing plays that could be voted on.";
  if (iAmDj.value) return "This is your own track: the others vote on it.";
  return can("VOTE") ? "" : "Your role in this room does not vote.";
}

export function whyNoGrab(): string {
  if (!online.value) return OFFLINE;
  if (!votes.value?.play_id) return "Nothing plays that could be grabbed.";
  if (iAmDj.value) return "This is your own track: you have it already.";
  return can("GRAB") ? "" : "Your role in this room does not grab tracks.";
}

export function whyNoWaiting(): string {
  if (!online.value) return OFFLINE;
  const rules = settings.value;
  if (!rules) return OFFLINE;
  if (rules.locked && !can("WAIT_WHILE_LOCKED")) return "The waitlist is locked: for now only residents and staff may join it.";
  const full = waitlist.value.length >= rules.waitlist_cap;
  return full ? `All ${rules.waitlist_cap} places of the waitlist are taken.` : "";
}
