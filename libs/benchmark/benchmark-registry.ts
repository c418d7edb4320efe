import { performance } from 'node:perf_hooks';
import { types } from 'node:util';
import { isGenerator, timeGenerator } from './generator-timer';
import { DurationHistogram, type DurationHistogramJson } from './duration-histogram';
import type { BenchmarkStats } from './stats';

export interface BenchmarkRegistryOptions {
  /** How many names are kept, 256 unless told; what comes under further ones is counted as {@link OTHER}. */
  readonly maxNames?: number;
  /** A clock that never goes back, in milliseconds; `performance.now` unless told. */
  readonly nowMs?: () => number;
}

/** All that a registry holds, as JSON, for the registry of another process to add up. */
export interface BenchmarkSnapshot {
  /** Tells which buckets the counts belong to. */
  readonly format: 1;
  readonly overflowed: number;
  readonly benchmarks: Readonly<Record<string, { readonly errors: number; readonly durations: DurationHistogramJson }>>;
}

/** The name under which everything is counted that comes after `maxNames` names. */
export const OTHER = 'other';

class Entry {
  durations = new DurationHistogram();
  errors = 0;
}

/**
 * Durations and errors by name. Names are constants of the program; for the case that they are not, only so many are
 * kept, and memory stays bounded. Recording never throws and never waits.
 */
export class BenchmarkRegistry {
  readonly nowMs: () => number;
  private readonly maxNames: number;
  private readonly entries = new Map<string, Entry>();
  private overflowCount = 0;

  constructor({ maxNames = 256, nowMs = () => performance.now() }: BenchmarkRegistryOptions = {}) {
    this.maxNames = maxNames;
    this.nowMs = nowMs;
  }

  /** Records that went to {@link OTHER} because there were too many names. Above 0, some name is not a constant. */
  get overflowed(): number {
    return this.overflowCount;
  }

  /** Keeps the duration of something that went well. */
  record(name: string, seconds: number): void {
    this.entry(name).durations.record(seconds);
  }

  /** Counts something that failed. It has no part in the durations: failures are often fast, and would flatter. */
  recordError(name: string): void {
    this.entry(name).errors += 1;
  }

  /**
   * Does the work and keeps its duration: until it returns, until its promise is settled, or what is spent in its
   * generator once that ends. An error is counted apart, and passed on.
   */
  measure<T>(name: string, work: () => T): T {
    const startedAtMs = this.nowMs();
    const keep = () => this.record(name, (this.nowMs() - startedAtMs) / 1_000);
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.recordError(name);
      throw error;
    }
    if (types.isPromise(result)) {
      result.then(keep, () => this.recordError(name));
      return result;
    }
    if (isGenerator(result)) {
      const onEnd = (seconds: number, failed: boolean) =>
        failed ? this.recordError(name) : this.record(name, seconds);
      return timeGenerator(result, { nowMs: this.nowMs, onEnd }) as T;
    }
    keep();
    return result;
  }

  /** Names under which something was recorded, errors alone included. */
  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** The durations themselves; nothing for a name that is not known. */
  histogram(name: string): DurationHistogram | undefined {
    return this.entries.get(name)?.durations;
  }

  /** Nothing where no duration was recorded. */
  getStats(name: string): BenchmarkStats | undefined {
    return this.entries.get(name)?.durations.stats();
  }

  /** How often it failed; 0 for a name that is not known. */
  getErrors(name: string): number {
    return this.entries.get(name)?.errors ?? 0;
  }

  /** By name, of all that have durations. */
  getAllStats(): Record<string, BenchmarkStats> {
    const all: [string, BenchmarkStats][] = [];
    for (const [name, { durations }] of this.entries) {
      const stats = durations.stats();
      if (stats) all.push([name, stats]);
    }
    return Object.fromEntries(all);
  }

  /** Forgets a name, or all of them and the count of those that were too many. */
  clear(name?: string): void {
    if (name !== undefined) {
      this.entries.delete(name);
      return;
    }
    this.entries.clear();
    this.overflowCount = 0;
  }

  snapshot(): BenchmarkSnapshot {
    const benchmarks = Object.fromEntries(
      [...this.entries].map(([name, { errors, durations }]) => [name, { errors, durations: durations.toJSON() }]),
    );
    return { format: 1, overflowed: this.overflowCount, benchmarks };
  }

  /** Adds what another process snapshot. Throws a TypeError, and adds nothing, if it is not that. */
  merge(snapshot: BenchmarkSnapshot): void {
    if (snapshot.format !== 1) throw new TypeError('a snapshot of another format');
    const read = Object.entries(snapshot.benchmarks).map(([name, { errors, durations }]) => {
      if (!isCount(errors)) throw new TypeError('no count of errors');
      return { name, errors, durations: DurationHistogram.from(durations) };
    });
    if (!isCount(snapshot.overflowed)) throw new TypeError('no count of what overflowed');
    for (const { name, errors, durations } of read) {
      const entry = this.entry(name, errors + durations.size);
      entry.errors += errors;
      entry.durations.merge(durations);
    }
    this.overflowCount += snapshot.overflowed;
  }

  /** `records` is how many are about to go there. */
  private entry(name: string, records = 1): Entry {
    const known = this.entries.get(name);
    if (known) return known;
    const own = this.entries.size - (this.entries.has(OTHER) ? 1 : 0);
    if (own >= this.maxNames && name !== OTHER) {
      this.overflowCount += records;
      return this.entry(OTHER);
    }
    const entry = new Entry();
    this.entries.set(name, entry);
    return entry;
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
