// Where people stand on the dance floor. Pure.

export interface Seat {
  /** The middle of the figure, in px from the floor's left edge. */
  x: number;
  /** 0 is the front row. */
  row: number;
}

/** What a window's size makes of the floor. */
export interface Floor {
  width: number;
  rows: number;
  /** The room one person takes in a row, in px. */
  seat: number;
}

const MARGIN_PX = 14;

/** How the floor of a given size is used: big figures in up to three rows, or a line of small ones. */
export function floorOf(width: number, height: number): Floor {
  if (height > 150) return { width, rows: 3, seat: 60 };
  return { width, rows: height > 80 ? 2 : 1, seat: 42 };
}

/** How many fit. */
export function capacity(floor: Floor): number {
  return floor.rows * perRow(floor);
}

function perRow({ width, seat }: Floor): number {
  return Math.max(1, Math.floor((width - 2 * MARGIN_PX) / seat));
}

/**
 * Places for so many people: rows as even as they go, the first to come in front of the booth,
 * every second row shifted by half a place so that faces look through the gaps.
 */
export function seats(count: number, floor: Floor): Seat[] {
  const { width, rows, seat } = floor;
  const fit = perRow(floor);
  const used = Math.min(rows, Math.max(1, Math.ceil(count / fit)));
  return Array.from({ length: Math.min(count, rows * fit) }, (_, index) => {
    const row = index % used;
    const inRow = Math.ceil((count - row) / used);
    const spread = Math.min(seat * 1.25, (width - 2 * MARGIN_PX) / Math.min(inRow + 0.5, fit + 0.5));
    const half = used === 1 ? 0 : row % 2 === 0 ? -0.25 : 0.25;
    const at = Math.floor(index / used);
    // From the middle outwards.
    const side = at % 2 === 0 ? at / 2 : -(at + 1) / 2;
    const middle = inRow % 2 === 0 ? 0.5 : 0;
    return { x: width / 2 + (side + middle + half) * spread, row };
  });
}
