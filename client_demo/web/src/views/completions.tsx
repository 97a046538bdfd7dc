// Names to complete while one writes "@na": arrow keys choose, Tab or Enter takes.
import { useState } from "preact/hooks";
import { draft } from "../app/chat";
import { complete, completed, type Completion } from "../app/completion";
import { can, members } from "../app/room";
import { me } from "../app/session";
import { T } from "../testids";
import { caretTo } from "./caret";

const LIST = "completion-list";

interface Open extends Completion {
  chosen: number;
}

export function useCompletion(input: { current: HTMLInputElement | null }) {
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  const look = (): void => {
    const caret = input.current?.selectionStart ?? null;
    const found = caret === null || caret !== input.current?.selectionEnd ? null : complete(input.current.value, caret, names());
    setOpen((before) => found && { ...found, chosen: before?.names.join() === found.names.join() ? before.chosen : 0 });
  };
  const take = (name: string): void => {
    if (!open) return;
    const { text, caret } = completed(draft.peek(), open, name);
    draft.value = text;
    close();
    input.current?.focus();
    caretTo(input.current, caret);
  };
  const keys = (event: KeyboardEvent): void => {
    if (!open) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) setOpen({ ...open, chosen: (open.chosen + step + open.names.length) % open.names.length });
    else if ((event.key === "Tab" && !event.shiftKey) || event.key === "Enter") take(open.names[open.chosen] ?? "");
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  const aria = {
    role: "combobox" as const,
    "aria-autocomplete": "list" as const,
    "aria-expanded": open !== null,
    "aria-controls": LIST,
    ...(open && { "aria-activedescendant": `${LIST}-${open.chosen}` }),
  };
  return { open, look, close, keys, take, aria };
}

/** Who is here, and the words for many. */
function names(): string[] {
  const here = members.peek()?.members ?? [];
  const others = here.filter(({ user }) => user.id !== me.peek()?.id).map(({ user }) => user.name);
  return [...others.sort((a, b) => a.localeCompare(b)), "djs", "staff", ...(can("MENTION_EVERYONE") ? ["everyone"] : [])];
}

export function Completions({ completion }: { completion: ReturnType<typeof useCompletion> }) {
  const { open, take } = completion;
  return (
    <ul class="completions" id={LIST} role="listbox" aria-label="Names" hidden={open === null} data-testid={T.chatCompletion}>
      {open?.names.map((name, index) => (
        <li
          key={name}
          id={`${LIST}-${index}`}
          role="option"
          aria-selected={index === open.chosen}
          // Before the field loses the focus, which would close the list.
          onPointerDown={(event) => {
            event.preventDefault();
            take(name);
          }}
        >
          @{name}
        </li>
      ))}
    </ul>
  );
}
