import { LIMITS, type Account } from "@roomserver/client";
import { useState } from "preact/hooks";
import { say } from "../app/explain";
import { changesOf, profileOf, type Profile } from "../app/profile";
import { client, me } from "../app/session";
import { T } from "../testids";
import { Avatar } from "./avatar";
import { Country } from "./country";
import { Field, FormError, useSending } from "./form";
import { Modal } from "./modal";
import { useRead } from "./reading";

/** What others see of oneself, and how one signs in. */
export function ProfileDialog() {
  const [account, setAccount] = useState<Account | null>(null);
  const problem = useRead(() => client.request("account.get", {}).then((answer) => setAccount(answer.account)));
  return (
    <Modal title="My profile">
      {account ? (
        <>
          <Shown account={account} saved={setAccount} />
          <NewPassword />
        </>
      ) : (
        <p class="muted" role="status">{problem || "One moment…"}</p>
      )}
    </Modal>
  );
}

function Shown({ account, saved }: { account: Account; saved: (account: Account) => void }) {
  const before = profileOf(account);
  const [profile, setProfile] = useState(before);
  const { busy, problem, at, send } = useSending();
  const change = (field: keyof Profile) => (text: string): void => setProfile({ ...profile, [field]: text });
  const save = send(async () => {
    const changes = changesOf(before, profile);
    if (changes) {
      const fresh = await client.updateAccount(changes);
      saved(fresh);
      setProfile(profileOf(fresh));
    }
    say("Saved.");
  });
  const refused = (field: keyof Profile): { problem?: string | null } => (at === field ? { problem } : {});
  return (
    <form class="stack" onSubmit={save} noValidate data-testid={T.profileForm}>
      <div class="person">
        <Avatar user={{ ...account.user, avatar_url: profile.avatar_url.trim() }} size="big" />
        <p class="muted">Everybody sees your name, your picture and what you say of yourself.</p>
      </div>
      <Field label="Name" value={profile.username} change={change("username")} maxLength={LIMITS.NAME_CHARS} autocomplete="username" testid={T.profileName} {...refused("username")} />
      <Field label="Picture" type="url" value={profile.avatar_url} change={change("avatar_url")} maxLength={LIMITS.URL_CHARS} placeholder="https://" hint="The address of a picture on the web, which everybody here fetches from there. Without one you are drawn." testid={T.profilePicture} {...refused("avatar_url")} />
      <AboutMe text={profile.bio} change={change("bio")} problem={at === "bio" ? problem : null} />
      <Field label="Email" type="email" value={profile.email} change={change("email")} maxLength={LIMITS.EMAIL_CHARS} autocomplete="email" hint="Nobody sees it but you and the operator." testid={T.profileEmail} {...refused("email")} />
      <Country code={profile.country} change={change("country")} hint="Whose rules hold for what is kept of you. Where they keep less, that reaches what you left here already." testid={T.profileCountry} />
      <FormError problem={isShown(at) ? null : problem} />
      <div class="row-end">
        <button class="primary" type="submit" disabled={busy} data-testid={T.profileSave}>Save</button>
      </div>
    </form>
  );
}

function AboutMe({ text, change, problem }: { text: string; change: (text: string) => void; problem: string | null }) {
  return (
    <label class={problem ? "field wrong" : "field"}>
      <span>About me</span>
      <textarea rows={3} maxLength={LIMITS.BIO_CHARS} value={text} aria-invalid={problem ? true : undefined} data-testid={T.profileBio} onInput={(event) => change(event.currentTarget.value)} />
      <small class="muted">{LIMITS.BIO_CHARS - [...text].length} characters left</small>
      {problem && <small role="alert">{problem}</small>}
    </label>
  );
}

function isShown(at: string | null): boolean {
  return at === "username" || at === "avatar_url" || at === "bio" || at === "email";
}

function NewPassword() {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, at, send } = useSending();
  const save = send(async () => {
    await client.updateAccount({ password, current_password: current });
    setCurrent("");
    setPassword("");
    say("Your password was changed.");
  });
  const isCurrent = at === "current_password";
  return (
    <form class="stack" onSubmit={save} aria-labelledby="password-title" data-testid={T.passwordForm}>
      <h3 id="password-title">Another password</h3>
      <input type="text" hidden autocomplete="username" value={me.value?.name} readOnly />
      <Field label="Password now" type="password" value={current} change={setCurrent} required autocomplete="current-password" testid={T.passwordCurrent} problem={isCurrent ? "That is not your password." : null} />
      <Field label="New password" type="password" value={password} change={setPassword} required minLength={LIMITS.PASSWORD_CHARS_MIN} maxLength={LIMITS.PASSWORD_CHARS_MAX} autocomplete="new-password" hint={`At least ${LIMITS.PASSWORD_CHARS_MIN} characters`} testid={T.passwordNew} problem={at === "password" ? problem : null} />
      <FormError problem={isCurrent || at === "password" ? null : problem} />
      <div class="row-end">
        <button type="submit" disabled={busy} data-testid={T.passwordSave}>Change password</button>
      </div>
    </form>
  );
}
