import { clockState, online, status } from "../app/session";
import { T } from "../testids";

/** Quiet while all is well; says what goes on, and what to do, when it is not. */
export function ConnectionState() {
  const now = status.value;
  return (
    <div class={`connection ${now.kind}`} role="status" data-testid={T.connectionState} data-state={now.kind} title={title()}>
      <span class="dot" aria-hidden="true" />
      <span class="words">{words()}</span>
      {now.kind === "stopped" && <button onClick={() => location.reload()}>Reload</button>}
    </div>
  );
}

function title(): string {
  return online.value && clockState.value ? `${words()} · ${clockState.value}` : words();
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
