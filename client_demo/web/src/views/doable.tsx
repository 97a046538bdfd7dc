import type { ComponentChildren } from "preact";
import { say } from "../app/explain";

interface DoableProps {
  class?: string;
  testid: string;
  /** Why it cannot be done now; empty when it can. */
  why: string;
  hint?: string;
  pressed?: boolean;
  click: () => void;
  children: ComponentChildren;
}

/** A button that, where it cannot do its work, says why: a disabled one can be neither focused nor asked. */
export function Doable({ why, hint, pressed, click, testid, children, ...rest }: DoableProps) {
  return (
    <button
      {...rest}
      data-testid={testid}
      aria-disabled={why !== ""}
      title={why || hint || undefined}
      {...(pressed !== undefined && { "aria-pressed": pressed })}
      onClick={() => (why ? say(why) : click())}
    >
      {children}
    </button>
  );
}
