import { useState } from "preact/hooks";
import { attempt } from "../app/explain";
import { can, room, serverNow } from "../app/room";
import { canOn } from "../app/roles";
import { roughSpan } from "../app/spans";
import type { Sanction, SanctionKind, User } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { FormError } from "./form";
import { useRead } from "./reading";

const KINDS: readonly SanctionKind[] = ["mute", "ban", "waitlist_ban"];
const WORDS: Record<SanctionKind, string> = { mute: "Muted", ban: "Banned", waitlist_ban: "Banned from the waitlist" };
const NONE: Record<SanctionKind, string> = {
  mute: "Nobody is muted.",
  ban: "Nobody is banned.",
  waitlist_ban: "Nobody is banned from the waitlist.",
};

/** What is in force against one user. */
export function Sanctions({ user }: { user: User }) {
  const { found, problem, reload } = useSanctions(KINDS, user.id);
  const own = found?.filter((sanction) => sanction.user.id === user.id) ?? [];
  if (own.length === 0) return <FormError problem={problem} />;
  return <ul class="rows">{own.map((sanction) => <Row key={sanction.kind} sanction={sanction} named={false} done={reload} />)}</ul>;
}

/** Everyone with a mute or ban of one kind. */
export function SanctionList({ kind }: { kind: SanctionKind }) {
  const { found, problem, reload } = useSanctions([kind], kind);
  if (!found) return <p class="empty-note" role="status" aria-busy={problem === ""}>{problem || "One moment…"}</p>;
  if (found.length === 0) return <p class="empty-note">{NONE[kind]}</p>;
  return (
    <ul class="rows" data-testid={T.sanctionList}>
      {found.map((sanction) => <Row key={sanction.user.id} sanction={sanction} named done={reload} />)}
    </ul>
  );
}

function useSanctions(kinds: readonly SanctionKind[], key: string) {
  const [found, setFound] = useState<Sanction[] | null>(null);
  const read = async (): Promise<void> => {
    const here = room.peek();
    if (!here) return;
    const lists = await Promise.all(kinds.map((kind) => here.request("mod.list", { kind })));
    setFound(lists.flatMap((list) => list.sanctions));
  };
  const problem = useRead(read, key);
  return { found, problem, reload: () => void attempt(read()) };
}

function Row({ sanction, named, done }: { sanction: Sanction; named: boolean; done: () => void }) {
  const { user, kind, by, until_ms, reason, shadow } = sanction;
  const left = until_ms === null ? "for good" : `${roughSpan(until_ms - serverNow.value)} left`;
  const words = [left, `by ${by.name}`, shadow ? "shadow" : "", reason].filter(Boolean).join(" · ");
  return (
    <li>
      {named && <Avatar user={user} size="small" />}
      <span class="row-text">
        <span class="row-title">{named ? user.name : WORDS[kind]}</span>
        <span class="muted">{words}</span>
      </span>
      {mayLift(sanction) && <button data-testid={T.sanctionUndo} onClick={() => void lift(sanction).then((worked) => worked && done())}>Undo</button>}
    </li>
  );
}

function mayLift({ user, kind }: Sanction): boolean {
  return canOn(user, kind === "mute" ? "MUTE" : kind === "ban" ? "BAN" : "BAN_FROM_WAITLIST") && can("READ_MOD_LOG");
}

async function lift({ user, kind }: Sanction): Promise<boolean> {
  const here = room.peek();
  if (!here) return false;
  const who = { user: user.id };
  if (kind === "mute") return attempt(here.request("mod.unmute", who));
  return attempt(kind === "ban" ? here.request("mod.unban", who) : here.request("mod.waitlist_unban", who));
}
