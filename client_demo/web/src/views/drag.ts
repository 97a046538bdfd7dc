// Reordering a list by dragging a handle: mouse, pen and fingers alike. Rows carry data-index.
import { useRef, useState } from "preact/hooks";

export interface Drag {
  /** The row on its way, or null. */
  from: number | null;
  /** The row it would go in front of; the number of rows means the end. */
  to: number | null;
  handle: (index: number) => {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: () => void;
    onPointerCancel: () => void;
  };
}

const EDGE_PX = 36;
const SCROLL_PX = 14;

export function useDrag(drop: (from: number, to: number) => void): Drag {
  const [from, setFrom] = useState<number | null>(null);
  const [to, setTo] = useState<number | null>(null);
  const now = useRef<{ from: number; to: number } | null>(null);
  // Rows may keep the handle of an earlier drawing; what it drops on is the list of today.
  const latest = useRef(drop);
  latest.current = drop;
  const end = (): void => {
    now.current = null;
    setFrom(null);
    setTo(null);
  };
  const handle = (index: number) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      // Selecting text on the way would be a nuisance; the handle still takes the focus.
      event.preventDefault();
      const element = event.currentTarget as HTMLElement;
      element.focus();
      element.setPointerCapture(event.pointerId);
      now.current = { from: index, to: index };
      setFrom(index);
      setTo(index);
    },
    onPointerMove: (event: PointerEvent) => {
      if (!now.current) return;
      const list = (event.currentTarget as HTMLElement).closest("ol, ul");
      if (!list) return;
      scrollAtEdge(list, event.clientY);
      const place = placeAt(list, event.clientY);
      if (place === now.current.to) return;
      now.current.to = place;
      setTo(place);
    },
    onPointerUp: () => {
      const done = now.current;
      end();
      // In front of itself and in front of the next one is where it is.
      if (done && done.to !== done.from && done.to !== done.from + 1) latest.current(done.from, done.to);
    },
    onPointerCancel: end,
  });
  return { from, to, handle };
}

/** The class of a row that shows where a dragged one would go. */
export function dropClass({ from, to }: Drag, index: number, last: boolean): string {
  if (from === null || to === null) return "";
  const moved = to !== from && to !== from + 1;
  const mark = !moved ? "" : to === index ? "drop-before" : last && to === index + 1 ? "drop-after" : "";
  return `${from === index ? "dragged" : ""} ${mark}`;
}

function placeAt(list: Element, y: number): number {
  let place = 0;
  for (const row of list.querySelectorAll<HTMLElement>("[data-index]")) {
    const box = row.getBoundingClientRect();
    if (y < box.top + box.height / 2) return Number(row.dataset.index);
    place = Number(row.dataset.index) + 1;
  }
  return place;
}

function scrollAtEdge(list: Element, y: number): void {
  const box = list.getBoundingClientRect();
  if (y < box.top + EDGE_PX) list.scrollTop -= SCROLL_PX;
  else if (y > box.bottom - EDGE_PX) list.scrollTop += SCROLL_PX;
}
