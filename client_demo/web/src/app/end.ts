// Whether the reader of a log is at its end: a state that only the reader leaves. Pure.

/** Where a log stands, as its element tells it, in px. */
export interface Place {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

/** Within this of the end a reader counts as being at the end. */
const NEAR_PX = 60;

/**
 * Tells the reader's scrolling from everything else that takes the end out of sight.
 *
 * New lines, a smaller window and a keyboard that opens all push the end away, often between a
 * scroll and the event that tells of it. Then the log still stands where its end was; a reader who
 * leaves has gone up from there.
 */
export class End {
  private reached = true;
  /** Where the end was when it was last in sight. */
  private home = 0;

  get isReached(): boolean {
    return this.reached;
  }

  /** Take note of where the log stands now; says whether its end has to be in sight. */
  look({ scrollTop, scrollHeight, clientHeight }: Place): boolean {
    // A log that is not shown stands nowhere.
    if (clientHeight === 0) return this.reached;
    const end = Math.max(0, scrollHeight - clientHeight);
    const from = this.reached ? Math.min(this.home, end) : end;
    this.reached = from - scrollTop < NEAR_PX;
    this.home = end - scrollTop < NEAR_PX ? end : from;
    return this.reached;
  }

  /** The reader wants to be at the end. */
  reach(): void {
    this.reached = true;
    this.home = 0;
  }
}
