import { useState } from "preact/hooks";
import { closer } from "../app/dialogs";
import { attempt } from "../app/explain";
import { can, snapshot } from "../app/room";
import { LIMITS, type Play } from "@roomserver/client";
import { T } from "../testids";
import { Check, Field, FormError, useSending } from "./form";
import { useHere } from "./here";
import { Modal } from "./modal";

const REASONS = ["Off topic", "Too long", "Played recently", "Bad quality"];
type Place = "none" | "next" | "end";
const PLACES: [Place, string][] = [["none", "Loses the turn"], ["next", "Next turn"], ["end", "End of the waitlist"]];

export function SkipDialog({ playId }: { playId: string }) {
  // The track that the dialog was opened for, also when another one begins meanwhile.
  const [play] = useState<Play | null>(() => {
    const now = snapshot.peek()?.booth.play;
    return now?.id === playId ? now : null;
  });
  const [reason, setReason] = useState("");
  const [place, setPlace] = useState<Place>("none");
  const [block, setBlock] = useState(false);
  const { busy, problem, send } = useSending();
  const opened = useHere();
  const skip = send(async () => {
    const [here, close] = [opened(), closer()];
    const words = reason.trim();
    const requeue = place === "none" ? {} : { requeue_at: place === "next" ? 0 : LIMITS.WAITLIST_CAP_MAX };
    // The play is named, so that a track which ended meanwhile does not cost the next one its turn.
    if (block && play) await attempt(here.request("media.block", { media: play.media, on: true }));
    await here.request("booth.skip", { play_id: playId, ...(words && { reason: words }), ...requeue });
    close();
  });
  return (
    <Modal title="Skip this track">
      <form class="stack" onSubmit={skip}>
        {play && <p class="muted">{play.dj?.name ?? "The house playlist"} plays <strong>{play.media.title}</strong>.</p>}
        <div class="chips">
          {REASONS.map((text) => (
            <button type="button" key={text} aria-pressed={reason === text} onClick={() => setReason(text)}>{text}</button>
          ))}
        </div>
        <Field label="Reason (everyone sees it)" value={reason} change={setReason} maxLength={LIMITS.REASON_CHARS} testid="skip-reason" />
        {play?.dj && (
          <div class="field">
            <span id="skip-place">The DJ's place</span>
            <div class="chips" role="group" aria-labelledby="skip-place">
              {PLACES.map(([name, label]) => (
                <button type="button" key={name} aria-pressed={place === name} data-testid={`skip-place-${name}`} onClick={() => setPlace(name)}>{label}</button>
              ))}
            </div>
          </div>
        )}
        {play && can("BLOCK_MEDIA") && <Check label="Never play this track here again" on={block} change={setBlock} testid={T.skipBlock} />}
        <FormError problem={problem} />
        <button class="primary" type="submit" disabled={busy} data-testid={T.skipConfirm}>Skip</button>
      </form>
    </Modal>
  );
}
