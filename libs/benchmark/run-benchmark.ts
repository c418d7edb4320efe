import { types } from 'node:util';
import type { BenchmarkRegistry } from './benchmark-registry';
import { defaultRegistry } from './default-registry';
import { statsOf, type BenchmarkStats } from './stats';

export interface RunBenchmarkOptions {
  /** How often it is measured, 1,000 times unless told. */
  readonly iterations?: number;
  /** How often it runs before that, unmeasured, 100 times unless told: until then its code is not compiled. */
  readonly warmup?: number;
  /** If given, the durations are also recorded under it. */
  readonly name?: string;
  readonly registry?: BenchmarkRegistry;
}

/** The statistics of a run, exact, and each duration in seconds, in their order: what `compare` can test. */
export interface BenchmarkRun extends BenchmarkStats {
  readonly samples: readonly number[];
}

/**
 * Runs `fn` again and again, one call after the other, and measures each call; of a promise until it is settled.
 * Rejects with the first error of `fn`: a run that failed has no time. Rejects with a RangeError unless `iterations`
 * is a whole number from 1 up, and `warmup` from 0 up.
 */
export async function runBenchmark(fn: () => unknown, options: RunBenchmarkOptions = {}): Promise<BenchmarkRun> {
  const { iterations = 1_000, warmup = 100, name, registry = defaultRegistry } = options;
  if (!Number.isSafeInteger(iterations) || iterations < 1)
    throw new RangeError('iterations is a whole number from 1 up');
  if (!Number.isSafeInteger(warmup) || warmup < 0) throw new RangeError('warmup is a whole number from 0 up');

  const samples: number[] = [];
  for (let round = -warmup; round < iterations; round++) {
    const startedAtMs = registry.nowMs();
    const result = fn();
    if (types.isPromise(result)) await result;
    const seconds = (registry.nowMs() - startedAtMs) / 1_000;
    if (round >= 0) samples.push(seconds);
  }

  if (name !== undefined) for (const seconds of samples) registry.record(name, seconds);
  const stats = statsOf(samples);
  if (!stats) throw new RangeError('iterations is a whole number from 1 up');
  return { ...stats, samples };
}
