import { dialog, showPerson } from "../app/dialogs";
import { ignoredIds } from "../app/ignored";
import { booth, can, members } from "../app/room";
import { me } from "../app/session";
import { ROLES, type Member } from "@roomserver/client";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

export function People() {
  const here = members.value;
  const shown = here ? [...here.members].sort(byRoleAndName) : [];
  const guests = here?.guests ?? 0;
  const hidden = here ? here.population - guests - shown.filter((m) => m.role !== "guest").length : 0;
  return (
    <section class="panel people" id="panel-people" aria-labelledby="people-title">
      <header class="panel-head">
        <h2 id="people-title">People</h2>
        <span class="muted">{here ? `${here.population} here` : ""}</span>
        {can("READ_MOD_LOG") && (
          <button class="quiet icon-button" aria-label="Staff: mutes, bans, log" title="Staff: mutes, bans, log" data-testid={T.staffOpen} onClick={() => (dialog.value = { kind: "staff" })}>
            <Icon name="shield" />
          </button>
        )}
        {can("EDIT_ROOM") && (
          <button class="quiet icon-button" aria-label="Room settings" title="Room settings" data-testid={T.settingsOpen} onClick={() => (dialog.value = { kind: "settings" })}>
            <Icon name="gear" />
          </button>
        )}
      </header>
      <ul class="people-list" data-testid={T.userList}>
        {shown.map((member) => <Row key={member.user.id} member={member} />)}
      </ul>
      <p class="muted counts">
        {hidden > 0 && `and ${hidden} more · `}
        {guests === 1 ? "1 guest" : `${guests} guests`}
      </p>
    </section>
  );
}

function Row({ member }: { member: Member }) {
  const { user, role } = member;
  const playing = booth.value?.dj?.id === user.id;
  return (
    <li class={user.id === me.value?.id ? "own" : ""}>
      <Avatar user={user} size="small" />
      <button class="name" onClick={() => showPerson(user)}>{user.name}</button>
      {playing && <span class="tag live">DJ</span>}
      {ignoredIds.value.has(user.id) && <span class="tag">ignored</span>}
      {user.kind === "bot" && <span class="tag">bot</span>}
      {role !== "user" && <span class={`tag role-${role}`}>{role}</span>}
    </li>
  );
}

function byRoleAndName(a: Member, b: Member): number {
  return ROLES.indexOf(b.role) - ROLES.indexOf(a.role) || a.user.name.localeCompare(b.user.name);
}
