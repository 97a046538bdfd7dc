// What was opened for one room acts there or nowhere. Pure.

/** Return the room that something was opened for, as long as it is the one on the page; throw a sentence otherwise. */
export function stillIn<Place>(opened: Place | null, now: Place | null): Place {
  if (opened === null || opened !== now) throw new Error("You have left that room. Nothing was sent.");
  return opened;
}
