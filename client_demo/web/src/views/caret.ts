/** Put the caret somewhere once the text is in the field. */
export function caretTo(input: HTMLInputElement | null, at: number): void {
  requestAnimationFrame(() => input?.setSelectionRange(at, at));
}
