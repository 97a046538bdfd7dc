import { useState } from "preact/hooks";
import { mention } from "../app/chat";
import { closeDialog, closer } from "../app/dialogs";
import { say } from "../app/explain";
import { act, can, snapshot } from "../app/room";
import { canOn, grantable, roleOf } from "../app/roles";
import { client, isGuest, me } from "../app/session";
import type { User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { FormError, useSending } from "./form";
import { IgnoreButton } from "./ignored";
import { Modal } from "./modal";
import { Confirm, type Measure } from "./measures";
import { useRead } from "./reading";
import { Sanctions } from "./sanctions";

/** A user's card: who they are, and what one may do about them. */
export function PersonDialog({ user }: { user: User }) {
  const [measure, setMeasure] = useState<Measure | "report" | null>(null);
  const back = (): void => setMeasure(null);
  return (
    <Modal title={user.name}>
      <Card user={user} />
      {measure === "report" ? (
        <ReportAge user={user} done={back} />
      ) : measure ? (
        <Confirm key={measure} user={user} measure={measure} back={back} />
      ) : (
        <>
          {user.id !== me.value?.id && <Actions user={user} choose={setMeasure} />}
          {can("READ_MOD_LOG") && <Sanctions user={user} />}
        </>
      )}
    </Modal>
  );
}

function Card({ user }: { user: User }) {
  const [full, setFull] = useState(user);
  // The card is complete without it, only the bio is missing.
  useRead(() => client.request("user.get", { user: user.id }).then((result) => setFull(result.user)), user.id);
  const role = roleOf(user);
  return (
    <div class="person" data-testid={T.userCard}>
      <Avatar user={full} size="big" />
      <div class="person-text">
        <p class="tags">
          <span class={`tag role-${role}`} data-testid={T.userRole}>{role}</span>
          {full.kind === "bot" && <span class="tag">bot</span>}
          {full.kind === "guest" && role !== "guest" && <span class="tag">guest</span>}
        </p>
        <p class="muted">{full.kind === "guest" ? "Guest since" : "Here since"} {new Date(full.created_at_ms).toLocaleDateString()}</p>
        {full.bio && <p class="bio">{full.bio}</p>}
      </div>
    </div>
  );
}

/** Saying that somebody is younger than the server allows: what it does stands beside the button. */
function ReportAge({ user, done }: { user: User; done: () => void }) {
  const { busy, problem, send } = useSending();
  const report = send(async () => {
    await client.request("privacy.report_age", { user: user.id });
    done();
    say(`Your report about ${user.name} is with the operator.`);
  });
  return (
    <form class="stack" onSubmit={report}>
      <h3>Too young to be here</h3>
      <p class="consequence">
        When two people say so who have been here for a week, or an administrator, {user.name}'s account is frozen until the operator has looked at it. Your report is on record. {user.name} is not told who reported.
      </p>
      <FormError problem={problem} />
      <div class="row-end">
        <button type="button" onClick={done}>Back</button>
        <button class="primary hot" type="submit" disabled={busy} data-testid={T.reportConfirm}>Report</button>
      </div>
    </form>
  );
}

function Actions({ user, choose }: { user: User; choose: (measure: Measure | "report") => void }) {
  const here = snapshot.value;
  const waits = here?.waitlist.some((other) => other.id === user.id) ?? false;
  const plays = here?.booth.dj?.id === user.id;
  const account = user.kind !== "guest";
  const done = (work: Promise<boolean>): void => {
    const close = closer();
    void work.then((worked) => worked && close());
  };
  const mayAdd = can(here?.settings.locked ? "ADD_WHILE_LOCKED" : "ADD_TO_WAITLIST");
  const speak = (): void => {
    closeDialog();
    mention(user.name);
  };
  const measures: [Measure, string, boolean][] = [
    ["role", "Role…", account && canOn(user, "SET_STAFF") && grantable().length > 0],
    ["mute", "Mute…", canOn(user, "MUTE")],
    ["waitlist_ban", "Waitlist ban…", account && canOn(user, "BAN_FROM_WAITLIST")],
    ["delete", "Delete messages…", canOn(user, "DELETE_MESSAGES")],
    ["kick", "Kick…", canOn(user, "KICK")],
    ["ban", "Ban…", canOn(user, "BAN_SHORT")],
  ];
  return (
    <div class="actions">
      {!isGuest.value && <button data-testid={T.userMention} onClick={speak}>Mention</button>}
      <IgnoreButton user={user} />
      {mayAdd && account && !waits && !plays && (
        <button data-testid={T.userQueue} onClick={() => done(act("waitlist.add", { user: user.id }))}>Add to waitlist</button>
      )}
      {canOn(user, "REMOVE_FROM_WAITLIST") && waits && (
        <button onClick={() => done(act("waitlist.remove", { user: user.id }))}>Remove from waitlist</button>
      )}
      {account && !isGuest.value && <button data-testid={T.reportAge} onClick={() => choose("report")}>Too young…</button>}
      {measures.map(([name, label, allowed]) => allowed && (
        <button key={name} class={name === "role" ? "" : "danger"} data-testid={name === "role" ? "user-role-set" : `user-${name}`} onClick={() => choose(name)}>{label}</button>
      ))}
    </div>
  );
}
