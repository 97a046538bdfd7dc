import { useEffect, useRef, useState } from "preact/hooks";
import { EMOJI, findEmoji, type Emoji } from "../app/emoji";
import { T } from "../testids";

interface PickerProps {
  pick: (text: string) => void;
  close: () => void;
}

/** Emoji in groups, with a search; arrow keys walk, Enter takes, Escape closes. */
export function EmojiPicker({ pick, close }: PickerProps) {
  const [words, setWords] = useState("");
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  const groups: readonly (readonly [string, readonly Emoji[]])[] = words.trim() ? [["Found", findEmoji(words)]] : EMOJI;
  return (
    <div class="picker" role="group" aria-label="Emoji" data-testid={T.emojiPicker} onKeyDown={(event) => keys(event, close)}>
      <input
        ref={search}
        type="search"
        value={words}
        placeholder="Search emoji"
        aria-label="Search emoji"
        maxLength={32}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <div class="picker-groups">
        {groups.map(([group, set]) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <div class="picker-set">
              {set.map(({ text, name }) => (
                <button type="button" key={text} aria-label={name} title={name} onClick={() => pick(text)}>{text}</button>
              ))}
            </div>
          </section>
        ))}
        {words.trim() && groups[0]?.[1].length === 0 && <p class="empty-note">No emoji is called that.</p>}
      </div>
    </div>
  );
}

function keys(event: KeyboardEvent, close: () => void): void {
  const root = event.currentTarget as HTMLElement;
  if (event.key === "Escape") {
    event.stopPropagation();
    return close();
  }
  const buttons = [...root.querySelectorAll<HTMLElement>(".picker-set button")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  if (event.key === "Enter" && at < 0) {
    event.preventDefault();
    return buttons[0]?.click();
  }
  const step = stepOf(event.key, buttons, at);
  if (step === null || (at < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (at >= 0 && at + step < 0) root.querySelector<HTMLElement>("input")?.focus();
  else buttons[at < 0 ? 0 : Math.min(buttons.length - 1, at + step)]?.focus();
}

/** How far an arrow key goes: one, or a row, which is as long as the window lets it be. */
function stepOf(key: string, buttons: readonly HTMLElement[], at: number): number | null {
  if (key === "ArrowRight") return 1;
  if (key === "ArrowLeft") return -1;
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const top = buttons[Math.max(0, at)]?.offsetTop;
  const row = buttons.filter((button) => button.offsetTop === top).length;
  return key === "ArrowDown" ? row : -row;
}
