// Completing "@na" to a name while one writes. Pure.

export interface Completion {
  /** Where the word begins that is being written, its "@" included. */
  from: number;
  to: number;
  /** What could stand there, without the "@". */
  names: string[];
}

const WORD = /(^|\s)@([\p{L}\p{N}._-]*)$/u;
const SHOWN_MAX = 6;

/** What the word before the caret could become; null where no name is being written. */
export function complete(text: string, caret: number, names: readonly string[]): Completion | null {
  const word = WORD.exec(text.slice(0, caret))?.[2];
  if (word === undefined) return null;
  const begun = word.toLowerCase();
  const starts = names.filter((name) => name.toLowerCase().startsWith(begun));
  const holds = begun ? names.filter((name) => !starts.includes(name) && name.toLowerCase().includes(begun)) : [];
  const found = [...starts, ...holds].slice(0, SHOWN_MAX);
  // A name that is written to its end is done.
  if (found.length === 0 || (found.length === 1 && found[0]?.toLowerCase() === begun)) return null;
  return { from: caret - word.length - 1, to: caret, names: found };
}

/** The text with a name put in, and where the caret goes. */
export function completed(text: string, { from, to }: Completion, name: string): { text: string; caret: number } {
  const put = `@${name} `;
  return { text: text.slice(0, from) + put + text.slice(to).replace(/^ /, ""), caret: from + put.length };
}
