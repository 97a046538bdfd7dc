import { choose, pendingPolicy, putOffPolicy } from "../app/privacy";
import { instant, sentence } from "../app/wording";
import { T } from "../testids";

/** A policy that has to be accepted: announced ahead, and asked for once it is in force. */
export function PolicyBanner() {
  const pending = pendingPolicy.value;
  if (!pending) return null;
  const { version, due } = pending;
  return (
    <aside class="banner" role="status" data-testid={T.policyBanner}>
      <p>
        <strong>{due ? "The privacy policy has changed." : `The privacy policy changes on ${instant(version.effective_at_ms)}.`}</strong> {sentence(version.summary)}{" "}
        <a href={version.url} target="_blank" rel="noopener">Read it</a>
        {due && " Until you accept it, chat and the booth stay closed to you. Your data stays within your reach."}
      </p>
      <span class="banner-tools">
        {!due && <button class="quiet" data-testid={T.policyLater} onClick={() => putOffPolicy(version.rev)}>Later</button>}
        <button class="primary" data-testid={T.policyAccept} onClick={() => void choose("privacy.accept", { rev: version.rev })}>Accept</button>
      </span>
    </aside>
  );
}
