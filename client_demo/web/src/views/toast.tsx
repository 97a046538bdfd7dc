import { toast } from "../app/explain";

/** The region is always there: a live region that appears with its text is not read out. */
export function Toast() {
  return (
    <div class="toast-region" role="status" aria-live="polite">
      {toast.value !== null && <p class="toast">{toast.value}</p>}
    </div>
  );
}
