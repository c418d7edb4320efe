/**
 * A clock that never goes backwards, made of one that may: a step back counts as no time at all, and time goes on
 * from there. Deadlines kept in memory would otherwise be off by as much as the clock was set.
 */
export class MonotonicClock {
  private elapsedMs = 0;
  private lastMs: number;

  constructor(private readonly source: () => number) {
    this.lastMs = source();
  }

  /** Milliseconds since this clock was made. */
  now(): number {
    const read = this.source();
    if (read > this.lastMs) this.elapsedMs += read - this.lastMs;
    this.lastMs = read;
    return this.elapsedMs;
  }
}
