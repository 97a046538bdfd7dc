interface SegmentsProps<Name extends string> {
  label: string;
  tabs: readonly (readonly [Name, string])[];
  chosen: Name;
  choose: (name: Name) => void;
  prefix?: string;
}

/** A row of tabs; the arrow keys walk through them. */
export function Segments<Name extends string>({ label, tabs, chosen, choose, prefix = "tab" }: SegmentsProps<Name>) {
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(([name]) => name === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    choose(next[0]);
    const buttons = (event.currentTarget as HTMLElement).querySelectorAll("button");
    buttons[(at + step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div class="segments" role="tablist" aria-label={label} onKeyDown={walk}>
      {tabs.map(([name, words]) => (
        <button
          type="button"
          role="tab"
          key={name}
          aria-selected={chosen === name}
          tabIndex={chosen === name ? 0 : -1}
          data-testid={`${prefix}-${name}`}
          onClick={() => choose(name)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
