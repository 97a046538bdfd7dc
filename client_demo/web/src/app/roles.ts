// Who may act on whom: the generated permissions and the rule of ranks.
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
import { state, you } from "./room";

export const GRANTABLE: readonly StaffRoleName[] = ["user", "resident", "bouncer", "manager", "cohost"];

export function rank(role: RoleName): number {
  return ROLES.indexOf(role);
}

export function roleOf(user: User): RoleName {
  const here = state.value;
  if (user.kind === "admin") return "admin";
  const staff = here?.snapshot.staff.find((other) => other.user.id === user.id);
  const member = here?.members.members.find((other) => other.user.id === user.id);
  return staff?.role ?? member?.role ?? (user.kind === "guest" ? "guest" : "user");
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
