import { useState } from "preact/hooks";
import { countries } from "../app/countries";

/** Which country's rules hold: for privacy, and for who may register. */
export function Country({ code, change, hint, testid }: { code: string; change: (code: string) => void; hint?: string; testid: string }) {
  const [all] = useState(countries);
  return (
    <label class="field">
      <span>Country</span>
      <select value={code} data-testid={testid} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">Not said</option>
        {all.map(({ code: each, name }) => <option key={each} value={each}>{name}</option>)}
      </select>
      {hint && <small class="muted">{hint}</small>}
    </label>
  );
}
