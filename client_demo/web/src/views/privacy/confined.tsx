import { confined, loadPrivacy, privacy } from "../../app/privacy";
import { attempt } from "../../app/explain";
import { client, hello } from "../../app/session";
import { instant } from "../../app/wording";
import { T } from "../../testids";
import { useEffect } from "preact/hooks";
import { Erase } from "./erase";
import { MyData } from "./mydata";
import { Prove } from "./prove";

/** All that is left of the page for a frozen or banned account: why, until when, and the own data. */
export function FrozenPage() {
  useEffect(() => void loadPrivacy(), []);
  const isBanned = confined.value === "banned";
  return (
    <main id="main" class="door wide-door" data-testid={T.frozenPage}>
      {isBanned ? <Banned /> : <Frozen />}
      <p>Questions? Write to the operator<Contact />. What is yours stays yours until then.</p>
      <div class="panel frozen-parts">
        {!isBanned && <><h3>Prove your age</h3><Prove /></>}
        <MyData />
        <h3>Erase me</h3>
        <Erase />
      </div>
      <button onClick={() => void attempt(client.logout())}>Sign out</button>
    </main>
  );
}

function Frozen() {
  const end = privacy.value?.erased_at_ms;
  return (
    <>
      <h1>Your account is frozen</h1>
      <p>
        It was reported that you may be younger than this server allows. You cannot enter rooms until the operator has looked at it.
        {end !== undefined && ` Unless they decide otherwise, everything of yours is erased on ${instant(end)}.`}
      </p>
    </>
  );
}

function Banned() {
  const { banned_until_ms: end, ban_reason: reason } = privacy.value ?? {};
  return (
    <>
      <h1>You are banned from this server</h1>
      <p>
        {end === undefined ? "You cannot enter rooms." : `You cannot enter rooms until ${instant(end)}.`}
        {reason !== undefined && ` The operator gave a reason: ${reason}`}
      </p>
    </>
  );
}

/** Where the operator is reached, as far as they say so. */
function Contact() {
  const contact = hello.value?.policy.contact;
  if (!contact) return <> of this server</>;
  return <> at <a href={/^https?:/.test(contact) ? contact : `mailto:${contact}`} rel="noopener">{contact}</a></>;
}
