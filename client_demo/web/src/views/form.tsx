import { useState } from "preact/hooks";
import { explain } from "../app/explain";
import { T } from "../testids";

/** A form's sending: busy while it runs, and the sentence when it was refused. */
export function useSending(): {
  busy: boolean;
  problem: string | null;
  refuse: (sentence: string) => void;
  send: (work: () => Promise<unknown>) => (event: Event) => void;
} {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = (work: () => Promise<unknown>) => (event: Event): void => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    work()
      .catch((error: unknown) => setProblem(explain(error)))
      .finally(() => setBusy(false));
  };
  return { busy, problem, refuse: setProblem, send };
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
  maxLength?: number;
  minLength?: number;
  required?: boolean;
  autocomplete?: string;
  placeholder?: string;
  min?: number;
  max?: number;
}

export function Field({ label, value, change, testid, hint, type = "text", ...rest }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input {...rest} type={type} value={value} data-testid={testid} onInput={(event) => change(event.currentTarget.value)} />
      {hint && <small class="muted">{hint}</small>}
    </label>
  );
}
