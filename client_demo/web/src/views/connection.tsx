import { dialog } from "../app/dialogs";
import { player } from "../app/room";
import { clockState, ERASED, FROZEN, online, status } from "../app/session";
import { sync } from "../app/sound";
import { syncFigure, syncWords } from "../app/wording";
import { T } from "../testids";

/** Quiet while all is well, and then says how well; else what goes on, and what to do. */
export function ConnectionState() {
  const now = status.value;
  // The page itself says that somebody is erased or frozen.
  if (now.kind === "stopped" && (now.code === ERASED || now.code === FROZEN)) return null;
  return (
    <div class={`connection ${now.kind}`} data-testid={T.connectionState} data-state={now.kind}>
      <span class={`dot ${mood()}`} aria-hidden="true" />
      {online.value && <SyncBadge />}
      {/* Only what is wrong is read out, and that it is over: a badge that changes by itself is noise. */}
      <span class={online.value ? "visually-hidden" : "words"} role="status">{words()}</span>
      {now.kind === "stopped" && <button onClick={() => location.reload()}>Reload</button>}
    </div>
  );
}

/** How this page keeps time with the room; opens what can be done about it. */
function SyncBadge() {
  const { errorMs = null, struggling = false } = (player.value.onAir && sync.value) || {};
  const hints = [syncFigure(errorMs), clockState.value].filter(Boolean).join(" · ");
  return (
    <button class="quiet words" title={hints} data-testid={T.syncBadge} onClick={() => (dialog.value = { kind: "preferences" })}>
      {syncWords(errorMs, struggling)}
    </button>
  );
}

function mood(): string {
  const { errorMs, struggling } = (player.value.onAir && sync.value) || { errorMs: null, struggling: false };
  return struggling || Math.abs(errorMs ?? 0) > 250 ? "off" : "";
}

function words(): string {
  const now = status.value;
  switch (now.kind) {
    case "online":
      return "Live";
    case "connecting":
      return "Connecting…";
    case "draining":
      return "The server restarts, one moment…";
    case "reconnecting":
      return "Reconnecting…";
    case "stopped":
      return `Disconnected: ${now.reason}`;
  }
}
