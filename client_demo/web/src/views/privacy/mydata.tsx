import type { PrivacyRequest } from "@roomserver/client";
import { requestTitle, STAGES } from "../../app/kept";
import { askForExport, loadPrivacy, privacy } from "../../app/privacy";
import { instant } from "../../app/wording";
import { T } from "../../testids";
import { Waiting } from "./waiting";

const BUSY: Partial<Record<PrivacyRequest["stage"], string>> = { requested: "Under way", building: "Under way", ready: "Ready to fetch, below" };
/** The server learns of a download from the download. */
const FETCHED_MS = 1500;

/** A copy of everything, and how far requests are. */
export function MyData() {
  const here = privacy.value;
  if (!here) return <Waiting />;
  const busy = here.requests.flatMap(({ kind, stage }) => (kind === "export" && BUSY[stage]) || [])[0];
  return (
    <>
      <section class="stack" aria-labelledby="copy-title">
        <h3 id="copy-title">A copy of everything</h3>
        <p class="muted">One archive with all that the server holds of you: messages, plays, votes, playlists, choices, measures. Once a day; the link works once, for 7 days.</p>
        <p><button class="primary" disabled={busy !== undefined} data-testid={T.exportAsk} onClick={() => void askForExport()}>{busy ?? "Ask for my data"}</button></p>
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
      {url && stage === "ready" && <a class="button primary" href={url} download data-testid={T.exportFetch} onClick={() => setTimeout(() => void loadPrivacy(), FETCHED_MS)}>Fetch it</a>}
    </li>
  );
}
