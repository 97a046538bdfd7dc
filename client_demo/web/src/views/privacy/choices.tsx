import type { Consent } from "@roomserver/client";
import { SELF_TTLS } from "../../app/kept";
import { choose, privacy } from "../../app/privacy";
import { instant } from "../../app/wording";
import { T } from "../../testids";
import { Check } from "../form";
import { Waiting } from "./waiting";

const SOURCES: Record<Consent["source"], string> = {
  default: "as it is unless you say otherwise",
  chosen: "your choice",
  gpc: "off, because your browser asks not to be tracked",
};

/** The purposes one allows, how long the own chat is kept, and the policy one accepted. */
export function Choices() {
  const here = privacy.value;
  if (!here) return <Waiting />;
  const { consents, self_ttl, policy, accepted_rev } = here;
  return (
    <>
      <section class="stack" aria-labelledby="uses-title">
        <h3 id="uses-title">Uses that need your yes</h3>
        <Use name="improvement" label="Improving the service: counting what is used and how well it works" consent={consents.improvement} />
        <Use name="marketing" label="Advertising mail. Never made from what you say in chat" consent={consents.marketing} />
      </section>
      <section class="stack" aria-labelledby="ttl-title">
        <h3 id="ttl-title">How long my chat is kept</h3>
        <p class="muted">Never longer than the room says. What you choose holds for what you say from now on.</p>
        <div class="chips" role="group" aria-labelledby="ttl-title">
          {SELF_TTLS.map(([ms, words]) => (
            <button type="button" key={words} aria-pressed={self_ttl.chat_ms === ms} data-testid={`self-ttl-${ms ?? "room"}`} onClick={() => void choose("privacy.self_ttl", { chat_ms: ms })}>{words}</button>
          ))}
        </div>
      </section>
      <section class="stack" aria-labelledby="policy-title">
        <h3 id="policy-title">The privacy policy</h3>
        <p>
          Revision {policy.rev}, in force since {instant(policy.effective_at_ms)}. {accepted_rev === null ? "You have not accepted one yet." : accepted_rev === policy.rev ? "You accepted it." : `You accepted revision ${accepted_rev}.`}{" "}
          <a href={policy.url} target="_blank" rel="noopener">Read it</a>
        </p>
        {accepted_rev !== policy.rev && (
          <p><button class="primary" data-testid={T.policyAccept} onClick={() => void choose("privacy.accept", { rev: policy.rev })}>Accept revision {policy.rev}</button></p>
        )}
      </section>
    </>
  );
}

function Use({ name, label, consent }: { name: "improvement" | "marketing"; label: string; consent: Consent }) {
  const since = consent.at_ms === undefined ? "" : `, since ${instant(consent.at_ms)}`;
  return (
    <div>
      <Check label={label} on={consent.on} change={(on) => void choose("privacy.consents", { [name]: on })} testid={`choice-${name}`} />
      <p class="muted use-source">{SOURCES[consent.source]}{since}</p>
    </div>
  );
}
