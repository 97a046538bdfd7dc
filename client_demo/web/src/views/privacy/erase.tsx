import { LIMITS } from "@roomserver/client";
import { useState } from "preact/hooks";
import { eraseMe, privacy } from "../../app/privacy";
import { me } from "../../app/session";
import { T } from "../../testids";
import { Field, FormError, useSending } from "../form";
import { Waiting } from "./waiting";

/** The end of the account: what it means, and the own name as the confirmation. */
export function Erase() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, send } = useSending();
  const user = me.value;
  const here = privacy.value;
  if (!user || !here) return <Waiting />;
  if (here.state === "erasing") return <p class="consequence" role="status">Your account is being erased. You can close this page.</p>;
  const asksPassword = here.has_password;
  const erase = send(() => eraseMe(name.trim(), password));
  return (
    <form class="stack" onSubmit={erase}>
      <div class="consequence">
        <p>Your account, messages, votes, playlists and history are erased from memory, database and files, for good. Nobody can bring them back, the operator neither.</p>
        <p>Your turn and your place end at once. Rooms of yours go to a cohost, or are closed. Plays stay in the rooms' history without your name.</p>
      </div>
      <Field label={`Write your name, ${user.name}, to confirm`} value={name} change={setName} maxLength={LIMITS.NAME_CHARS} autocomplete="off" testid={T.eraseName} />
      {asksPassword && <Field label="Password" type="password" value={password} change={setPassword} autocomplete="current-password" testid={T.erasePassword} />}
      <FormError problem={problem} />
      <div class="row-end">
        <button class="primary hot" type="submit" disabled={busy || name.trim() !== user.name || (asksPassword && password === "")} data-testid={T.eraseConfirm}>Erase me</button>
      </div>
    </form>
  );
}
