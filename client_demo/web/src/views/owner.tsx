import { useState } from "preact/hooks";
import { closer } from "../app/dialogs";
import { say } from "../app/explain";
import { state } from "../app/room";
import { me } from "../app/session";
import type { RoomInfo, User } from "@roomserver/client";
import { T } from "../testids";
import { Field, FormError, useSending } from "./form";
import { useHere } from "./here";

/** What only the host may do; both take a second step. */
export function Owner({ info }: { info: RoomInfo }) {
  return (
    <div class="stack">
      <Transfer />
      <Delete info={info} />
    </div>
  );
}

function Transfer() {
  const [chosen, setChosen] = useState("");
  const { busy, problem, send } = useSending();
  const here = useHere();
  const people = candidates();
  const heir = people.find((user) => user.id === chosen);
  const transfer = send(async () => {
    if (!heir) return;
    const close = closer();
    await here().request("room.transfer", { user: heir.id });
    close();
    say(`${heir.name} is the host now.`);
  });
  return (
    <form class="stack" onSubmit={transfer}>
      <h3>Hand the room over</h3>
      {people.length === 0 ? (
        <p class="muted">Nobody else with an account is here.</p>
      ) : (
        <label class="field">
          <span>New host</span>
          <select value={chosen} data-testid={T.ownerHeir} onChange={(event) => setChosen(event.currentTarget.value)}>
            <option value="">Choose somebody…</option>
            {people.map((user) => <option key={user.id} value={user.id}>{user.name}</option>)}
          </select>
        </label>
      )}
      {heir && <p class="consequence">{heir.name} becomes the host and may do everything, also delete the room. You become a cohost, and only {heir.name} can change that back.</p>}
      <FormError problem={problem} />
      <button type="submit" disabled={busy || !heir} data-testid={T.ownerTransfer}>Hand over</button>
    </form>
  );
}

/** Everyone with an account who is here or on the staff. */
function candidates(): User[] {
  const here = state.value;
  if (!here) return [];
  const found = new Map([...here.snapshot.staff, ...here.members.members].map(({ user }) => [user.id, user]));
  return [...found.values()].filter((user) => user.kind === "user" && user.id !== me.value?.id).sort((a, b) => a.name.localeCompare(b.name));
}

function Delete({ info }: { info: RoomInfo }) {
  const [typed, setTyped] = useState("");
  const { busy, problem, send } = useSending();
  const here = useHere();
  const remove = send(async () => {
    const close = closer();
    await here().request("room.delete", { confirm: typed.trim() });
    close();
  });
  return (
    <form class="stack" onSubmit={remove}>
      <h3>Delete the room</h3>
      <p class="consequence">Everyone is put out. Chat, history, roles and bans of this room are gone for good.</p>
      <Field label={`Type ${info.slug} to confirm`} value={typed} change={setTyped} maxLength={32} autocomplete="off" testid={T.ownerSlug} />
      <FormError problem={problem} />
      <button class="primary hot" type="submit" disabled={busy || typed.trim() !== info.slug} data-testid={T.ownerDelete}>Delete for good</button>
    </form>
  );
}
