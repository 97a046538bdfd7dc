import { useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { room } from "../app/room";
import { LIMITS } from "../protocol";
import { T } from "../testids";
import { Field, FormError, useSending } from "./form";
import { Modal } from "./modal";

const REASONS = ["Off topic", "Too long", "Played recently", "Bad quality"];

export function SkipDialog({ playId }: { playId: string }) {
  const [reason, setReason] = useState("");
  const [keep, setKeep] = useState(false);
  const { busy, problem, send } = useSending();
  const skip = send(async () => {
    const words = reason.trim();
    // The play is named, so that a track which ended meanwhile does not cost the next one its turn.
    await room.peek()?.request("booth.skip", { play_id: playId, ...(words && { reason: words }), ...(keep && { requeue_at: 0 }) });
    closeDialog();
  });
  return (
    <Modal title="Skip this track">
      <form class="stack" onSubmit={skip}>
        <div class="chips">
          {REASONS.map((text) => (
            <button type="button" key={text} aria-pressed={reason === text} onClick={() => setReason(text)}>{text}</button>
          ))}
        </div>
        <Field label="Reason (everyone sees it)" value={reason} change={setReason} maxLength={LIMITS.REASON_CHARS} testid="skip-reason" />
        <label class="check">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
          <span>Give the DJ the next turn with another track</span>
        </label>
        <FormError problem={problem} />
        <button class="primary" type="submit" disabled={busy} data-testid={T.skipConfirm}>Skip</button>
      </form>
    </Modal>
  );
}
