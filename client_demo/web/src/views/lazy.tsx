import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { closeDialog } from "../app/dialogs";
import { say } from "../app/explain";

/**
 * A part of the page that is fetched when it is first shown: what one enters a room with stays small.
 * One that does not come closes what it was to fill, so that it is seen and the next press tries again.
 */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): (props: Props) => JSX.Element | null {
  let held: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [Shown, show] = useState<{ part: ComponentType<Props> } | null>(held && { part: held });
    useEffect(() => {
      if (Shown) return;
      let wanted = true;
      load()
        .then((part) => show({ part: (held = part) }))
        // After an update of the server the old page's parts are gone.
        .catch(() => {
          if (!wanted) return;
          const { close = closeDialog } = props as { close?: () => void };
          close();
          say("That part of the page could not be loaded. Try again, or reload the page.");
        });
      return () => void (wanted = false);
    }, []);
    return Shown && <Shown.part {...props} />;
  };
}
