import { privacyProblem } from "../../app/privacy";

/** Stands where the own data will: until it came, or with why it did not. */
export function Waiting() {
  const problem = privacyProblem.value;
  return <p class="empty-note" role="status" aria-busy={problem === ""}>{problem || "One moment…"}</p>;
}
