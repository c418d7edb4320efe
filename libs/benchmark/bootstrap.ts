import { seededRandom } from './random';
import { nearestRank } from './stats';

/** The ends of a confidence interval, in percent of the time before; positive where it became faster. */
export type Interval = readonly [low: number, high: number];

const RESAMPLED = ['mean', 'p95', 'p99'] as const;
export type Resampled = (typeof RESAMPLED)[number];

export interface BootstrapOptions {
  /** Between 0 and 1: 0.95 makes intervals that hold the truth 95 times of 100. */
  readonly confidence: number;
  readonly seed: number;
}

const MOST_RESAMPLES = 2_000;
const FEWEST_RESAMPLES = 200;
/** Large samples are drawn fewer times, since their intervals are narrow and an answer should not take long. */
const MOST_DRAWS = 20_000_000;
/** A percentile beyond which fewer values lie tells of those few values, and no interval around it can be trusted. */
const FEWEST_BEYOND = 5;

/**
 * Efron's percentile bootstrap: how far the improvement of the mean, p95 and p99 could be off, had other values of the
 * same kind been drawn. Both samples are drawn anew, with replacement. The same seed gives the same intervals.
 *
 * A percentile has one only if at least five values of each sample lie beyond it: 100 values for p95, 500 for p99.
 */
export function improvementIntervals(
  before: readonly number[],
  after: readonly number[],
  { confidence, seed }: BootstrapOptions,
): Partial<Record<Resampled, Interval>> {
  const fewest = Math.min(before.length, after.length);
  if (fewest === 0) return {};
  const random = seededRandom(seed);
  const old = new Resampler(before, random);
  const young = new Resampler(after, random);
  const rounds = Math.floor(MOST_DRAWS / (before.length + after.length));
  const resamples = Math.min(MOST_RESAMPLES, Math.max(FEWEST_RESAMPLES, rounds));

  const changes = {
    mean: new Float64Array(resamples),
    p95: new Float64Array(resamples),
    p99: new Float64Array(resamples),
  };
  for (let round = 0; round < resamples; round++) {
    old.draw();
    young.draw();
    for (const figure of RESAMPLED) changes[figure][round] = (1 - young[figure] / old[figure]) * 100;
  }

  const beyond = { mean: Infinity, p95: fewest * 0.05, p99: fewest * 0.01 };
  const intervals: Partial<Record<Resampled, Interval>> = {};
  for (const figure of RESAMPLED) {
    const interval = middle(changes[figure], confidence);
    // Times of 0, by a clock too coarse, have no percentages.
    if (beyond[figure] >= FEWEST_BEYOND && interval.every(Number.isFinite)) intervals[figure] = interval;
  }
  return intervals;
}

/** One sample, drawn again and again. Which values were drawn is counted, so that nothing is sorted anew. */
class Resampler {
  mean = 0;
  p95 = 0;
  p99 = 0;
  private readonly sorted: Float64Array;
  private readonly drawn: Uint32Array;
  /** How many values stand above each percentile. */
  private readonly above95: number;
  private readonly above99: number;

  constructor(
    samples: readonly number[],
    private readonly random: () => number,
  ) {
    this.sorted = Float64Array.from(samples).sort();
    this.drawn = new Uint32Array(samples.length);
    this.above95 = samples.length - nearestRank(0.95, samples.length);
    this.above99 = samples.length - nearestRank(0.99, samples.length);
  }

  draw(): void {
    const { sorted, drawn, random } = this;
    const count = sorted.length;
    drawn.fill(0);
    let sum = 0;
    for (let left = count; left > 0; left--) {
      const index = (random() * count) >>> 0;
      drawn[index] = (drawn[index] ?? 0) + 1;
      sum += sorted[index] ?? 0;
    }
    this.mean = sum / count;
    // From the top down, which is the shorter way to both percentiles.
    let above = 0;
    let index = count - 1;
    while (above + (drawn[index] ?? 0) <= this.above99) above += drawn[index--] ?? 0;
    this.p99 = sorted[index] ?? 0;
    while (above + (drawn[index] ?? 0) <= this.above95) above += drawn[index--] ?? 0;
    this.p95 = sorted[index] ?? 0;
  }
}

function middle(changes: Float64Array, confidence: number): Interval {
  const sorted = changes.sort();
  const cut = Math.floor((sorted.length * (1 - confidence)) / 2);
  return [sorted[cut] ?? 0, sorted[sorted.length - 1 - cut] ?? 0];
}
