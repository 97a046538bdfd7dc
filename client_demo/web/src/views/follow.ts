// The chat's scrolling: it follows who is at its end, and never moves under who reads back.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Within this of the end a reader counts as being at the end. */
const NEAR_END_PX = 60;

interface Anchor {
  key: string;
  top: number;
}

/**
 * Watch a log whose children carry `data-key`. `first` and `last` are the keys of its ends; `counts`
 * says whether a new last line is worth telling of, `atEnd` whether the reader is at the end.
 */
export function useFollow(atEnd: { current: boolean }, first: string | undefined, last: string | undefined, counts: boolean) {
  const log = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const [unseen, setUnseen] = useState(0);
  const jump = (): void => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
    atEnd.current = true;
    setUnseen(0);
  };
  const newest = useRef(last);
  useLayoutEffect(() => {
    const fresh = newest.current !== last;
    newest.current = last;
    if (atEnd.current) return jump();
    if (log.current) restore(log.current, anchor.current);
    if (fresh && counts) setUnseen((count) => count + 1);
  }, [first, last]);
  // The log's box itself changes size: a keyboard opens, a window turns, the notice goes.
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const observer = new ResizeObserver(() => atEnd.current && (element.scrollTop = element.scrollHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const scrolled = (): void => {
    const element = log.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    anchor.current = atEnd.current ? null : anchorOf(element);
    if (atEnd.current) setUnseen(0);
  };
  return { log, unseen, jump, scrolled };
}

/** The topmost line in sight, and where it stands. */
function anchorOf(log: HTMLElement): Anchor | null {
  for (const child of log.querySelectorAll<HTMLElement>("[data-key]")) {
    if (child.offsetTop + child.offsetHeight > log.scrollTop) return { key: child.dataset.key ?? "", top: child.offsetTop - log.scrollTop };
  }
  return null;
}

function restore(log: HTMLElement, anchor: Anchor | null): void {
  if (!anchor) return;
  const child = log.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (child) log.scrollTop = child.offsetTop - anchor.top;
}
