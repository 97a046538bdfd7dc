// Who may act on whom: the generated permissions and the rule of ranks.
import { computed } from "@preact/signals";
import {
  type Action,
  atLeast,
  outranks,
  PERMISSIONS,
  type RoleName,
  ROLES,
  type StaffRoleName,
  type User,
} from "@roomserver/client";
import { members, staff, you } from "./room";

export const GRANTABLE: readonly StaffRoleName[] = ["user", "resident", "bouncer", "manager", "cohost"];

export function rank(role: RoleName): number {
  return ROLES.indexOf(role);
}

/** Everybody's role, drawn up again when staff or the people here change. */
const known = computed(() => {
  const roles = new Map<string, RoleName>();
  for (const { user, role } of members.value?.members ?? []) roles.set(user.id, role);
  for (const { user, role } of staff.value) roles.set(user.id, role);
  return roles;
});

export function roleOf(user: User): RoleName {
  if (user.kind === "admin") return "admin";
  return known.value.get(user.id) ?? (user.kind === "guest" ? "guest" : "user");
}

/** The role that stands beside a name; none for those without one. */
export function badgeOf(user: User): RoleName | null {
  const role = roleOf(user);
  return role === "user" || role === "guest" ? null : role;
}

/** Say whether one may do something to a user: allowed at all, and the user's role is lower. */
export function canOn(user: User, action: Action): boolean {
  const mine = you.value?.role;
  return mine !== undefined && atLeast(mine, PERMISSIONS[action]) && outranks(mine, roleOf(user));
}

/** The roles that one may grant: below the own, and a host makes no second host. */
export function grantable(): StaffRoleName[] {
  const mine = you.value?.role ?? "guest";
  return GRANTABLE.filter((role) => rank(role) < Math.min(rank(mine), rank("host")));
}
