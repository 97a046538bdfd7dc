import { useId, useState } from "preact/hooks";
import { fieldOf } from "../app/explain";
import { explainField } from "../app/fields";
import { T } from "../testids";

/** A form's sending: busy while it runs, the sentence when it was refused, and the param it was refused for. `words` are sentences of its own by param. */
export function useSending(words?: Record<string, string>): {
  busy: boolean;
  problem: string | null;
  at: string | null;
  refuse: (sentence: string) => void;
  send: (work: () => Promise<unknown>) => (event: Event) => void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [at, setAt] = useState<string | null>(null);
  const refused = (error: unknown): void => {
    setProblem(explainField(error, words));
    setAt(fieldOf(error));
  };
  const send = (work: () => Promise<unknown>) => (event: Event): void => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    setAt(null);
    work()
      .catch(refused)
      .finally(() => setBusy(false));
  };
  return { busy, problem, at, refuse: setProblem, send };
}

export function FormError({ problem }: { problem: string | null }) {
  return <p class="form-error" role="alert" data-testid={T.formError}>{problem}</p>;
}

export function Check({ label, on, change, testid }: { label: string; on: boolean; change: (on: boolean) => void; testid?: string }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on} data-testid={testid} onChange={(event) => change(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

interface FieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  testid?: string;
  type?: string;
  hint?: string;
  /** Why the server refused what is written here. */
  problem?: string | null;
  maxLength?: number;
  minLength?: number;
  required?: boolean;
  autocomplete?: string;
  placeholder?: string;
  min?: number;
  max?: number;
}

export function Field({ label, value, change, testid, hint, problem, type = "text", ...rest }: FieldProps) {
  const note = useId();
  return (
    <label class={problem ? "field wrong" : "field"}>
      <span>{label}</span>
      <input {...rest} type={type} value={value} data-testid={testid} aria-invalid={problem ? true : undefined} aria-describedby={problem ? note : undefined} onInput={(event) => change(event.currentTarget.value)} />
      {hint && <small class="muted">{hint}</small>}
      {problem && <small id={note} role="alert" data-testid={testid && `${testid}-problem`}>{problem}</small>}
    </label>
  );
}
