import { useState } from "preact/hooks";
import { loadPrivacy, privacy, sendProof } from "../../app/privacy";
import { instant } from "../../app/wording";
import { T } from "../../testids";
import { FormError, useSending } from "../form";

/** A file for the operator to see; one at a time, and gone with the decision. */
export function Prove() {
  const [file, setFile] = useState<File | null>(null);
  const { busy, problem, send } = useSending();
  const came = privacy.value?.proof_at_ms;
  if (came !== undefined) {
    return <p class="consequence" role="status" data-testid={T.proofCame}>Your proof of {instant(came)} waits for the operator. It is deleted when they have decided, and after fourteen days at the latest.</p>;
  }
  const submit = send(async () => {
    if (file) await sendProof(file);
    await loadPrivacy();
  });
  return (
    <form class="stack" onSubmit={submit}>
      <p class="muted">A picture (JPEG, PNG) or PDF that shows your date of birth; cover everything else. Only the operator sees it. It is kept encrypted, apart from everything else, and deleted when they have decided.</p>
      <label class="field">
        <span>The file</span>
        <input type="file" accept="image/jpeg,image/png,application/pdf" data-testid={T.proofFile} onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)} />
      </label>
      <FormError problem={problem} />
      <div class="row-end"><button class="primary" type="submit" disabled={busy || !file} data-testid={T.proofSend}>{busy ? "Sending…" : "Send it"}</button></div>
    </form>
  );
}
