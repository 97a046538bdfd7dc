// Why a field of a form was refused, as sentences: by the param that the server names, not by its prose. Pure.
import { LIMITS, RequestError } from "@roomserver/client";
import { explain } from "./explain";
import { formatSpan } from "./spans";

/** What names of people and bots are made of, for the forms whose field is called `name` as well. */
export const PERSONS_NAME = `A name has 2 to ${LIMITS.NAME_CHARS} letters of one script, digits, dots, dashes or underscores.`;

const LINK = "That is no link that can be played here.";
const ACCOUNT = "That has to be somebody else, who has an account.";

/** By the last word of the param's path. */
const FIELDS: Record<string, string> = {
  username: PERSONS_NAME,
  name: "A name must not be empty, nor longer than the field.",
  slug: "An address is made of small letters, digits and hyphens, at most 32.",
  password: `A password has ${LIMITS.PASSWORD_CHARS_MIN} to ${LIMITS.PASSWORD_CHARS_MAX} characters.`,
  email: "That is not an email address.",
  avatar_url: "That is not the address of a picture. It begins with https://",
  country: "Choose a country from the list.",
  birth: "There is no such day. Choose the date again.",
  title: `A title has 1 to ${LIMITS.TITLE_CHARS} characters.`,
  end_ms: "The end must come after the start, and the track must be that long.",
  afk_ms: `Write ${formatSpan(LIMITS.AFK_MIN_MS)} or more, or off.`,
  url: LINK,
  source_id: LINK,
  user: ACCOUNT,
  heir: ACCOUNT,
  confirm: "That is not what has to be written here.",
};
const LONG = new Set(["artist", "bio", "description", "welcome", "reason"]);

/** Return why a form was refused; `own` are sentences of this form, by param. */
export function explainField(error: unknown, own: Record<string, string> = {}): string {
  if (!(error instanceof RequestError) || error.field === null) return explain(error);
  const field = /\w*$/.exec(error.field)?.[0] ?? "";
  if (field === "user" && error.code === "not_found") return "There is no such person here.";
  if (field === "user" && error.code === "banned") return "That person is banned here.";
  if (error.code !== "bad_params") return explain(error);
  const { min, max } = error.facts;
  if (typeof min === "number" && typeof max === "number") return `The server's policy allows ${formatSpan(min)} to ${formatSpan(max)}.`;
  return own[field] ?? FIELDS[field] ?? (LONG.has(field) ? "That text is too long." : explain(error));
}
