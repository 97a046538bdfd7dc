import { useState } from "preact/hooks";
import { closeDialog, dialog } from "../app/dialogs";
import { PERSONS_NAME } from "../app/fields";
import { client } from "../app/session";
import { LIMITS } from "@roomserver/client";
import { T } from "../testids";
import { Field, FormError, useSending } from "./form";
import { Modal } from "./modal";
import { RegisterForm } from "./register";

type Tab = "login" | "register" | "guest";
const TABS: [Tab, string][] = [["login", "Log in"], ["register", "Register"], ["guest", "Guest name"]];

export function SignInDialog({ tab }: { tab: Tab }) {
  return (
    <Modal title="Welcome">
      <div class="segments" role="tablist">
        {TABS.map(([name, label]) => (
          <button
            role="tab"
            key={name}
            aria-selected={tab === name}
            data-testid={`tab-${name}`}
            onClick={() => (dialog.value = { kind: "sign-in", tab: name })}
          >
            {label}
          </button>
        ))}
      </div>
      {tab === "login" && <LoginForm />}
      {tab === "register" && <RegisterForm />}
      {tab === "guest" && <GuestForm />}
    </Modal>
  );
}

function LoginForm() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { busy, problem, send } = useSending();
  const login = send(async () => {
    await client.login({ username: username.trim(), password });
    closeDialog();
  });
  return (
    <form class="stack" onSubmit={login} data-testid={T.loginForm}>
      <Field label="Name" value={username} change={setUsername} required maxLength={LIMITS.NAME_CHARS} autocomplete="username" testid="login-name" />
      <Field label="Password" type="password" value={password} change={setPassword} required autocomplete="current-password" testid="login-password" />
      <FormError problem={problem} />
      <button class="primary" type="submit" disabled={busy} data-testid="login-submit">Log in</button>
    </form>
  );
}

function GuestForm() {
  const [name, setName] = useState("");
  const { busy, problem, send } = useSending({ name: PERSONS_NAME });
  const enter = send(async () => {
    await client.guest(name.trim());
    closeDialog();
  });
  return (
    <form class="stack" onSubmit={enter} data-testid={T.guestForm}>
      <p class="muted">Guests watch, and chat where the room allows it. To DJ and vote, register.</p>
      <Field label="Guest name" value={name} change={setName} required minLength={2} maxLength={LIMITS.NAME_CHARS} autocomplete="nickname" testid="guest-name" />
      <FormError problem={problem} />
      <button class="primary" type="submit" disabled={busy} data-testid="guest-submit">Use this name</button>
    </form>
  );
}
