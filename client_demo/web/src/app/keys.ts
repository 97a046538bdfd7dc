// Single keys for what one does all the time; nobody has to have them (WCAG 2.1.4).
import { focusDraft, panel } from "./chat";
import { dialog } from "./dialogs";
import { muted, shortcuts } from "./prefs";
import { inside, vote } from "./room";
import { say } from "./explain";
import { isGuest } from "./session";
import { whyNoVote } from "./why";

const KEYS: Readonly<Record<string, () => void>> = {
  m: () => (muted.value = !muted.peek()),
  w: woot,
  "/": () => {
    panel.value = "chat";
    focusDraft.value++;
  },
};

function woot(): void {
  const why = isGuest.peek() ? "Sign in to vote." : whyNoVote();
  if (why) say(why);
  else void vote(1);
}

/** Say whether keys belong to a field, a list or a slider, not to the page. */
function isTaken(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    const work = KEYS[event.key.toLowerCase()];
    if (!work || !shortcuts.peek() || !inside.peek() || dialog.peek() !== null) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
    event.preventDefault();
    work();
  });
}
