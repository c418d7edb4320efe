export interface ShortCacheOptions {
  /** How old an answer may get, counted from the moment its look-up began. */
  readonly ttlMs: number;
  readonly maxEntries: number;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

interface Entry<T> {
  readonly answer: Promise<T>;
  readonly expiresAt: number;
}

/**
 * Remembers answers for a moment, so that a burst of requests for one thing asks the database once. Those who come
 * while the question is open wait for its answer too, unless that takes longer than an answer would be good for.
 * An error is passed on to those who wait for it and not remembered. Forgetting also disowns a look-up that is
 * under way, for it may have read what was there before the change.
 */
export class ShortCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(private readonly options: ShortCacheOptions) {}

  get(key: string, lookUp: () => Promise<T>): Promise<T> {
    const known = this.entries.get(key);
    if (known && this.options.now() < known.expiresAt) return known.answer;
    return this.begin(key, lookUp);
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  get size(): number {
    return this.entries.size;
  }

  private begin(key: string, lookUp: () => Promise<T>): Promise<T> {
    const entry: Entry<T> = { expiresAt: this.options.now() + this.options.ttlMs, answer: lookUp() };
    this.forget(key);
    this.makeRoom();
    this.entries.set(key, entry);
    entry.answer.catch(() => {
      if (this.entries.get(key) === entry) this.forget(key);
    });
    return entry.answer;
  }

  /** The oldest goes first: with all entries living equally long, it is also the next to expire. */
  private makeRoom(): void {
    for (const key of this.entries.keys()) {
      if (this.entries.size < this.options.maxEntries) return;
      this.entries.delete(key);
    }
  }
}
