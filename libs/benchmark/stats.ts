/** What durations came to: all but `count` in seconds. A percentile is the value at its nearest rank. */
export interface BenchmarkStats {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  /** Of a sample: with n - 1 below the line; 0 for one duration. */
  readonly stdev: number;
}

/** The rank, from 1 to `count`, of the smallest value that is not below the fraction `quantile` of all of them. */
export function nearestRank(quantile: number, count: number): number {
  // 0.95 * 20 is a little more than 19 in floating point, and must not be rank 20.
  return Math.min(count, Math.max(1, Math.ceil(quantile * count - count * Number.EPSILON)));
}

/** The exact statistics of `seconds`; nothing if there are none. */
export function statsOf(seconds: readonly number[]): BenchmarkStats | undefined {
  const sorted = Float64Array.from(seconds).sort();
  const count = sorted.length;
  const min = sorted[0];
  if (min === undefined) return undefined;
  const at = (quantile: number) => sorted[nearestRank(quantile, count) - 1] ?? min;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    count,
    min,
    max: at(1),
    mean,
    median: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    stdev: count > 1 ? Math.sqrt(squares / (count - 1)) : 0,
  };
}
