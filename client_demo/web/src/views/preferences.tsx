import { useState } from "preact/hooks";
import { readAloud, shortcuts } from "../app/prefs";
import { player } from "../app/room";
import { clockState } from "../app/session";
import { device, sync } from "../app/sound";
import { syncFigure } from "../app/wording";
import { T } from "../testids";
import { Check } from "./form";
import { Modal } from "./modal";

const NUDGE_MS = 500;
const STEP_MS = 10;

/** What this browser does for its owner: when sound comes, what is read aloud, and keys. */
export function PreferencesDialog() {
  return (
    <Modal title="Sound, chat and keys">
      <Timing />
      <section class="stack" aria-labelledby="aloud-title">
        <h3 id="aloud-title">Chat</h3>
        <Check label="My screen reader says new messages as they come" on={readAloud.value} change={(on) => (readAloud.value = on)} testid={T.readAloud} />
      </section>
      <section class="stack" aria-labelledby="keys-title">
        <h3 id="keys-title">Keys</h3>
        <Check label="One key is enough: M mutes, W woots, / writes" on={shortcuts.value} change={(on) => (shortcuts.value = on)} testid={T.shortcuts} />
      </section>
    </Modal>
  );
}

function Timing() {
  const [nudge, setNudge] = useState(device.nudgeMs);
  const error = player.value.onAir ? (sync.value?.errorMs ?? null) : null;
  const change = (ms: number): void => {
    device.nudgeMs = ms;
    setNudge(device.nudgeMs);
  };
  return (
    <section class="stack" aria-labelledby="sound-title">
      <h3 id="sound-title">In time with the room</h3>
      <dl class="facts">
        <dt>This page</dt>
        <dd data-testid={T.syncFigure}>{syncFigure(error)}</dd>
        <dt>The clock</dt>
        <dd>{clockState.value || "not measured yet"}</dd>
      </dl>
      <label class="field">
        <span>My sound comes {nudge === 0 ? "with the room" : `${Math.abs(nudge)} ms ${nudge > 0 ? "earlier" : "later"}`}</span>
        <input type="range" min={-NUDGE_MS} max={NUDGE_MS} step={STEP_MS} value={nudge} data-testid={T.nudge} onInput={(event) => change(Number(event.currentTarget.value))} />
        <small class="muted">Wireless headphones and some speakers add a delay that no page can measure. When yours are late, move to the right.</small>
      </label>
      {nudge !== 0 && <p><button type="button" onClick={() => change(0)}>Back to the room's time</button></p>}
    </section>
  );
}
