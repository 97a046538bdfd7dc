// Events as an async iterator, for programs that read them one after the other.

/** The reader was so slow that events had to be thrown away; its picture is not whole any more. */
export class EventsLost extends Error {
  constructor(count: number) {
    super(`expected a reader that keeps up, got ${count} unread events`);
    this.name = "EventsLost";
  }
}

const UNREAD_MAX = 10_000;

export class Feed<T> implements AsyncIterableIterator<T> {
  private readonly unread: T[] = [];
  private wake: (() => void) | null = null;
  private over = false;
  private lost = 0;

  constructor(private readonly ended: (feed: Feed<T>) => void) {}

  push(value: T): void {
    if (this.over) return;
    if (this.unread.length >= UNREAD_MAX) this.lost = UNREAD_MAX;
    else this.unread.push(value);
    this.wake?.();
  }

  /** No more events come; those that are unread still can be read. */
  end(): void {
    this.over = true;
    this.wake?.();
  }

  async next(): Promise<IteratorResult<T>> {
    for (;;) {
      if (this.lost) {
        void this.return();
        throw new EventsLost(this.lost);
      }
      const value = this.unread.shift();
      if (value !== undefined) return { value, done: false };
      if (this.over) return { value: undefined, done: true };
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = null;
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.over = true;
    this.unread.length = 0;
    this.ended(this);
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
