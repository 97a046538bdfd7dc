import { closeDialog } from "../app/dialogs";
import { act, can, snapshot, state, you } from "../app/room";
import { me } from "../app/session";
import { ROLES, type RoleName, type StaffRoleName, type User } from "../protocol";
import { Avatar } from "./avatar";
import { Modal } from "./modal";

const GRANTABLE: StaffRoleName[] = ["user", "resident", "bouncer", "manager", "cohost"];

export function PersonDialog({ user }: { user: User }) {
  const theirs = roleOf(user);
  const below = rank(you.value?.role ?? "guest") > rank(theirs);
  const own = user.id === me.value?.id;
  return (
    <Modal title={user.name}>
      <div class="person">
        <Avatar user={user} size="big" />
        <p>
          <span class={`tag role-${theirs}`}>{theirs}</span> {user.kind === "bot" && <span class="tag">bot</span>}
          <br />
          <span class="muted">Since {new Date(user.created_at_ms).toLocaleDateString()}</span>
        </p>
      </div>
      {!own && <StaffActions user={user} role={theirs} below={below} />}
    </Modal>
  );
}

function StaffActions({ user, role, below }: { user: User; role: RoleName; below: boolean }) {
  const waits = snapshot.value?.waitlist.some((other) => other.id === user.id) ?? false;
  const done = (work: Promise<boolean>): void => void work.then((worked) => worked && closeDialog());
  const mine = you.value?.role ?? "guest";
  return (
    <div class="stack">
      {can("SET_STAFF") && below && user.kind !== "guest" && (
        <label class="field">
          <span>Role</span>
          <select value={role} onChange={(event) => done(act("staff.set", { user: user.id, role: event.currentTarget.value as StaffRoleName }))}>
            {GRANTABLE.filter((name) => rank(name) < Math.min(rank(mine), rank("host"))).map((name) => (
              <option key={name} value={name}>{name === "user" ? "no role" : name}</option>
            ))}
          </select>
        </label>
      )}
      {can("ADD_TO_WAITLIST") && !waits && user.kind !== "guest" && (
        <button onClick={() => done(act("waitlist.add", { user: user.id }))}>Add to the waitlist</button>
      )}
      {can("REMOVE_FROM_WAITLIST") && waits && (
        <button onClick={() => done(act("waitlist.remove", { user: user.id }))}>Remove from the waitlist</button>
      )}
      {can("DELETE_MESSAGES") && below && (
        <button class="danger" onClick={() => done(act("chat.delete", { user: user.id }))}>Delete all their messages</button>
      )}
    </div>
  );
}

function rank(role: RoleName): number {
  return ROLES.indexOf(role);
}

function roleOf(user: User): RoleName {
  const here = state.value;
  const member = here?.members.members.find((other) => other.user.id === user.id);
  const staff = here?.snapshot.staff.find((other) => other.user.id === user.id);
  return staff?.role ?? member?.role ?? (user.kind === "guest" ? "guest" : "user");
}
