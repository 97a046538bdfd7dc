import { useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { client, hello } from "../app/session";
import { LIMITS, RequestError } from "@roomserver/client";
import { T } from "../testids";
import { Country } from "./country";
import { Field, FormError, useSending } from "./form";

const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];
const FIRST_YEAR = 1900;

/** A refusal is final, here as on the server: trying dates until one works is not offered. */
let refused = false;

export function RegisterForm() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [birth, setBirth] = useState({ year: 0, month: 0, day: 0 });
  const [country, setCountry] = useState("");
  const [accepted, setAccepted] = useState(false);
  const [closed, setClosed] = useState(refused);
  const { busy, problem, send } = useSending();
  const register = send(async () => {
    try {
      await client.register({ username: username.trim(), password, birth, accept_policy: accepted, ...(country && { country }) });
      closeDialog();
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== "registration_refused") throw error;
      refused = true;
      setClosed(true);
    }
  });
  if (closed) return <p class="form-error" role="alert" data-testid={T.formError}>Registration is not possible.</p>;
  return (
    <form class="stack" onSubmit={register} data-testid={T.registerForm}>
      <Field label="Name" value={username} change={setUsername} required minLength={2} maxLength={LIMITS.NAME_CHARS} autocomplete="username" hint="Letters, digits, dots, dashes, underscores" testid="register-name" />
      <Field
        label="Password"
        type="password"
        value={password}
        change={setPassword}
        required
        minLength={LIMITS.PASSWORD_CHARS_MIN}
        maxLength={LIMITS.PASSWORD_CHARS_MAX}
        autocomplete="new-password"
        hint={`At least ${LIMITS.PASSWORD_CHARS_MIN} characters`}
        testid="register-password"
      />
      <BirthDate birth={birth} change={setBirth} />
      <Country code={country} change={setCountry} testid="register-country" />
      <Acceptance accepted={accepted} change={setAccepted} />
      <FormError problem={problem} />
      <button class="primary" type="submit" disabled={busy} data-testid="register-submit">Register</button>
    </form>
  );
}

function Acceptance({ accepted, change }: { accepted: boolean; change: (accepted: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" required checked={accepted} data-testid="register-accept" onChange={(event) => change(event.currentTarget.checked)} />
      <span>
        I have read the <a href={hello.value?.policy.url ?? "/privacy"} target="_blank" rel="noopener">privacy policy</a> and accept it
      </span>
    </label>
  );
}

interface Birth {
  year: number;
  month: number;
  day: number;
}

/** A neutral age screen: every date can be chosen, nothing is set beforehand, no age is named. */
function BirthDate({ birth, change }: { birth: Birth; change: (birth: Birth) => void }) {
  const thisYear = new Date().getFullYear();
  const days = Array.from({ length: 31 }, (_, i): [number, string] => [i + 1, String(i + 1)]);
  const months = MONTHS.map((name, i): [number, string] => [i + 1, name]);
  const years = Array.from({ length: thisYear - FIRST_YEAR + 1 }, (_, i): [number, string] => [thisYear - i, String(thisYear - i)]);
  return (
    <fieldset class="birth">
      <legend>Date of birth</legend>
      <Choice label="Day" value={birth.day} options={days} testid="register-day" change={(day) => change({ ...birth, day })} />
      <Choice label="Month" value={birth.month} options={months} testid="register-month" change={(month) => change({ ...birth, month })} />
      <Choice label="Year" value={birth.year} options={years} testid="register-year" change={(year) => change({ ...birth, year })} />
    </fieldset>
  );
}

interface ChoiceProps {
  label: string;
  value: number;
  options: [number, string][];
  testid: string;
  change: (value: number) => void;
}

function Choice({ label, value, options, testid, change }: ChoiceProps) {
  return (
    <select required aria-label={label} data-testid={testid} value={value || ""} onChange={(event) => change(Number(event.currentTarget.value))}>
      <option value="">{label}</option>
      {options.map(([number, text]) => <option key={number} value={number}>{text}</option>)}
    </select>
  );
}
