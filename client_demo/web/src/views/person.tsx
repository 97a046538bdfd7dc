import { useEffect, useState } from "preact/hooks";
import { mention } from "../app/chat";
import { closeDialog } from "../app/dialogs";
import { act, can, snapshot } from "../app/room";
import { canOn, grantable, roleOf } from "../app/roles";
import { client, isGuest, me } from "../app/session";
import type { User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { IgnoreButton } from "./ignored";
import { Modal } from "./modal";
import { Confirm, type Measure } from "./measures";
import { Sanctions } from "./sanctions";

/** A user's card: who they are, and what one may do about them. */
export function PersonDialog({ user }: { user: User }) {
  const [measure, setMeasure] = useState<Measure | null>(null);
  return (
    <Modal title={user.name}>
      <Card user={user} />
      {measure ? (
        <Confirm key={measure} user={user} measure={measure} back={() => setMeasure(null)} />
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
  useEffect(() => {
    // The card is complete without it, only the bio is missing.
    client.request("user.get", { user: user.id }).then((result) => setFull(result.user)).catch(() => undefined);
  }, [user.id]);
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

function Actions({ user, choose }: { user: User; choose: (measure: Measure) => void }) {
  const here = snapshot.value;
  const waits = here?.waitlist.some((other) => other.id === user.id) ?? false;
  const plays = here?.booth.dj?.id === user.id;
  const account = user.kind !== "guest";
  const done = (work: Promise<boolean>): void => void work.then((worked) => worked && closeDialog());
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
      {measures.map(([name, label, allowed]) => allowed && (
        <button key={name} class={name === "role" ? "" : "danger"} data-testid={name === "role" ? "user-role-set" : `user-${name}`} onClick={() => choose(name)}>{label}</button>
      ))}
    </div>
  );
}
