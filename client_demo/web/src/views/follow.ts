// The chat's scrolling: it follows who is at its end, and never moves under who reads back.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { End } from "../app/end";
import { saidSince, type Shown } from "../app/lines";

/** A line that the reader has before their eyes, and where it stood in the log. */
interface Anchor {
  key: string;
  offset: number;
}

/** Watch a log with one child, whose children are these lines and carry their keys as `data-key`. */
export function useFollow(end: End, lines: readonly Shown[]) {
  const log = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const [unseen, setUnseen] = useState(0);
  /** Put the log where it belongs, whatever moved it. */
  const settle = (): void => {
    const element = log.current;
    if (!element) return;
    if (!end.isReached) return restore(element, anchor.current);
    if (!end.look(element)) return left(element);
    element.scrollTop = element.scrollHeight;
    setUnseen(0);
  };
  const left = (element: HTMLElement): void => {
    anchor.current = anchorOf(element);
  };
  const jump = (): void => {
    end.reach();
    settle();
  };
  const newest = useRef(lines.at(-1)?.key);
  useLayoutEffect(() => {
    const fresh = saidSince(lines, newest.current);
    newest.current = lines.at(-1)?.key;
    settle();
    if (!end.isReached) setUnseen((count) => count + fresh);
  }, [lines]);
  // A keyboard opens, a window turns, the notice goes, a welcome is rewritten.
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const observer = new ResizeObserver(settle);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  const scrolled = (): void => {
    const element = log.current;
    if (!element) return;
    if (end.look(element)) settle();
    else left(element);
  };
  return { log, unseen, jump, scrolled };
}

/** The topmost line in sight. */
function anchorOf(log: HTMLElement): Anchor | null {
  for (const child of log.querySelectorAll<HTMLElement>("[data-key]")) {
    if (child.offsetTop + child.offsetHeight > log.scrollTop) return { key: child.dataset.key ?? "", offset: child.offsetTop };
  }
  return null;
}

/** Move with the anchor when what is above it changed; the reader may be scrolling meanwhile. */
function restore(log: HTMLElement, anchor: Anchor | null): void {
  if (!anchor) return;
  const child = log.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (!child || child.offsetTop === anchor.offset) return;
  log.scrollTop += child.offsetTop - anchor.offset;
  anchor.offset = child.offsetTop;
}
