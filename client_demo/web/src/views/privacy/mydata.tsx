import type { PrivacyRequest } from "@roomserver/client";
import { requestTitle, STAGES } from "../../app/kept";
import { askForExport, privacy } from "../../app/privacy";
import { instant } from "../../app/wording";
import { T } from "../../testids";
import { Waiting } from "./waiting";

const UNDER_WAY = new Set<PrivacyRequest["stage"]>(["requested", "building", "ready"]);

/** A copy of everything, and how far requests are. */
export function MyData() {
  const here = privacy.value;
  if (!here) return <Waiting />;
  const waits = here.requests.some(({ kind, stage }) => kind === "export" && UNDER_WAY.has(stage));
  return (
    <>
      <section class="stack" aria-labelledby="copy-title">
        <h3 id="copy-title">A copy of everything</h3>
        <p class="muted">One archive with all that the server holds of you: messages, plays, votes, playlists, choices, measures. Once a day; the link works once, for 7 days.</p>
        <p><button class="primary" disabled={waits} data-testid={T.exportAsk} onClick={() => void askForExport()}>{waits ? "Under way" : "Ask for my data"}</button></p>
      </section>
      <section class="stack" aria-labelledby="requests-title">
        <h3 id="requests-title">My requests</h3>
        {here.requests.length === 0 && <p class="muted">You have not asked for anything yet.</p>}
        <ul class="rows" data-testid={T.requestList} aria-live="polite">
          {here.requests.map((request) => <Request key={request.id} request={request} />)}
        </ul>
      </section>
    </>
  );
}

export function Request({ request }: { request: PrivacyRequest }) {
  const { stage, steps, url, expires_at_ms } = request;
  return (
    <li data-stage={stage}>
      <span class="row-text">
        <span class="row-title">{requestTitle(request)}</span>
        <span>{STAGES[stage]}{expires_at_ms !== undefined && stage === "ready" && `, until ${instant(expires_at_ms)}`}</span>
        <span class="muted">{steps.map((step) => `${STAGES[step.stage]} ${instant(step.at_ms)}`).join(" · ")}</span>
      </span>
      {url && stage === "ready" && <a class="button primary" href={url} download>Fetch it</a>}
    </li>
  );
}
