import { useState } from "preact/hooks";
import { closer } from "../app/dialogs";
import { say } from "../app/explain";
import { can } from "../app/room";
import { grantable, roleOf } from "../app/roles";
import { formatSpan } from "../app/spans";
import { LIMITS, type Room, type StaffRoleName, type User } from "@roomserver/client";
import { T } from "../testids";
import { Check, Field, FormError, useSending } from "./form";
import { useHere } from "./here";

export type Measure = "mute" | "kick" | "ban" | "waitlist_ban" | "delete" | "role";

const { MINUTE_MS, HOUR_MS, DAY_MS } = LIMITS;
const SHORT = [15 * MINUTE_MS, 30 * MINUTE_MS, 45 * MINUTE_MS];

interface Details {
  /** Null: for good. */
  ms: number | null;
  shadow: boolean;
  reason: string;
  role: StaffRoleName;
}

interface Kind {
  title: string;
  button: string;
  spans: () => (number | null)[];
  /** What it means for the user, before it is done. */
  consequence: (name: string, details: Details) => string;
  done: (name: string) => string;
}

const KINDS: Record<Measure, Kind> = {
  mute: {
    title: "Mute",
    button: "Mute",
    spans: () => [...SHORT, DAY_MS],
    consequence: (name, { ms, shadow }) =>
      shadow
        ? `For ${span(ms)}, what ${name} writes is shown to ${name} alone. Nobody is told, neither is ${name}.`
        : `${name} can listen and vote, but not chat for ${span(ms)}. The room sees it.`,
    done: (name) => `${name} is muted.`,
  },
  kick: {
    title: "Kick",
    button: "Kick",
    spans: () => [],
    consequence: (name) => `${name} is put out now and loses booth and place in the waitlist. They may come back at once.`,
    done: (name) => `${name} was put out.`,
  },
  ban: {
    title: "Ban",
    button: "Ban",
    spans: () => [HOUR_MS, DAY_MS, ...(can("BAN") ? [7 * DAY_MS, null] : [])],
    consequence: (name, { ms }) =>
      ms === null
        ? `${name} is put out and stays out until a manager lets them in again.`
        : `${name} is put out and cannot come back for ${span(ms)}.`,
    done: (name) => `${name} is banned.`,
  },
  waitlist_ban: {
    title: "Ban from the waitlist",
    button: "Ban from waitlist",
    spans: () => [...SHORT, null],
    consequence: (name, { ms }) =>
      `${name} loses booth and place, and cannot queue up ${ms === null ? "until staff allows it again" : `for ${span(ms)}`}.`,
    done: (name) => `${name} cannot queue up now.`,
  },
  delete: {
    title: "Delete messages",
    button: "Delete all their messages",
    spans: () => [],
    consequence: (name) => `Everything ${name} wrote in this room is deleted for everyone. This cannot be undone.`,
    done: (name) => `The messages of ${name} are deleted.`,
  },
  role: {
    title: "Role",
    button: "Set role",
    spans: () => [],
    consequence: (name, { role }) => `${name} ${ROLE_MEANS[role]}`,
    done: (name) => `${name} has a new role.`,
  },
};

const ROLE_MEANS: Record<StaffRoleName, string> = {
  user: "has no role any more.",
  resident: "may join the waitlist even while it is locked.",
  bouncer: "may skip, mute, kick, ban for up to a day, and add or remove people in the waitlist.",
  manager: "may do what bouncers do, ban for good, reorder and lock the waitlist, block tracks and make bouncers.",
  cohost: "may do what managers do, change the room's settings and make managers.",
};

export function Confirm({ user, measure, back }: { user: User; measure: Measure; back: () => void }) {
  const kind = KINDS[measure];
  const spans = kind.spans();
  const [details, setDetails] = useState<Details>({ ms: spans[0] ?? null, shadow: false, reason: "", role: firstRole(user) });
  const change = (part: Partial<Details>): void => setDetails({ ...details, ...part });
  const { busy, problem, send } = useSending();
  const here = useHere();
  const carryOut = send(async () => {
    const close = closer();
    await carry(here(), user, measure, details);
    close();
    say(kind.done(user.name));
  });
  const reasoned = measure !== "delete" && measure !== "role";
  return (
    <form class="stack" onSubmit={carryOut} data-testid={T.measureForm}>
      <h3>{kind.title}</h3>
      {spans.length > 0 && <Spans spans={spans} chosen={details.ms} choose={(ms) => change({ ms })} />}
      {measure === "role" && <Roles chosen={details.role} choose={(role) => change({ role })} />}
      {measure === "mute" && <Check label="Shadow: they do not notice" on={details.shadow} change={(shadow) => change({ shadow })} testid={T.measureShadow} />}
      {reasoned && (
        <Field label={measure === "mute" && details.shadow ? "Reason (staff sees it)" : "Reason (everyone sees it)"} value={details.reason} change={(reason) => change({ reason })} maxLength={LIMITS.REASON_CHARS} testid={T.measureReason} />
      )}
      <p class="consequence" data-testid={T.measureConsequence}>{kind.consequence(user.name, details)}</p>
      <FormError problem={problem} />
      <div class="row-end">
        <button type="button" onClick={back}>Back</button>
        <button class={measure === "role" ? "primary" : "primary hot"} type="submit" disabled={busy} data-testid={T.measureConfirm}>{kind.button}</button>
      </div>
    </form>
  );
}

function Spans({ spans, chosen, choose }: { spans: readonly (number | null)[]; chosen: number | null; choose: (ms: number | null) => void }) {
  return (
    <div class="chips" role="group" aria-label="For how long">
      {spans.map((ms) => (
        <button type="button" key={ms} aria-pressed={ms === chosen} onClick={() => choose(ms)}>{ms === null ? "For good" : span(ms)}</button>
      ))}
    </div>
  );
}

function Roles({ chosen, choose }: { chosen: StaffRoleName; choose: (role: StaffRoleName) => void }) {
  return (
    <div class="chips" role="group" aria-label="Role">
      {grantable().map((role) => (
        <button type="button" key={role} aria-pressed={role === chosen} onClick={() => choose(role)}>{role === "user" ? "no role" : role}</button>
      ))}
    </div>
  );
}

async function carry(here: Room, user: User, measure: Measure, { ms, shadow, reason, role }: Details): Promise<void> {
  const words = reason.trim();
  const who = { user: user.id, ...(words && { reason: words }) };
  switch (measure) {
    case "mute":
      return void (await here.request("mod.mute", { ...who, duration_ms: ms ?? DAY_MS, shadow }));
    case "kick":
      return void (await here.request("mod.kick", who));
    case "ban":
      return void (await here.request("mod.ban", { ...who, duration_ms: ms }));
    case "waitlist_ban":
      return void (await here.request("mod.waitlist_ban", { ...who, duration_ms: ms }));
    case "delete":
      return void (await here.request("chat.delete", { user: user.id }));
    case "role":
      return void (await here.request("staff.set", { user: user.id, role }));
  }
}

function firstRole(user: User): StaffRoleName {
  const now = roleOf(user);
  return grantable().find((role) => role === now) ?? "user";
}

function span(ms: number | null): string {
  if (ms === 7 * DAY_MS) return "1 week";
  return ms === null ? "good" : formatSpan(ms);
}
