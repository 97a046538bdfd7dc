import { type Room } from "@roomserver/client";
import { useState } from "preact/hooks";
import { stillIn } from "../app/bound";
import { room } from "../app/room";

/** The room in which a dialog was opened. The function returns it, and throws once the page shows another. */
export function useHere(): () => Room {
  const [opened] = useState(room.peek());
  return () => stillIn(opened, room.peek());
}
