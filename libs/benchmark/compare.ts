import { improvementIntervals, type Interval } from './bootstrap';
import { mannWhitney } from './mann-whitney';
import type { BenchmarkStats } from './stats';
import { verdictOf, type Verdict } from './verdict';

/** Statistics in seconds, of a registry or a run; with samples (those of a run) a difference can be told from chance. */
export interface Measured extends BenchmarkStats {
  readonly samples?: readonly number[];
}

/** Of one figure: `before` and `after` in seconds. */
export interface Change {
  readonly before: number;
  readonly after: number;
  /** Positive where it became faster, in percent of `before`; null if that is 0 and `after` is not. */
  readonly improvement_pct: number | null;
  readonly faster: boolean;
  /** Where samples allow it: the ends of the confidence interval of `improvement_pct`. */
  readonly interval_pct?: Interval;
}

export interface Comparison {
  readonly name: string;
  readonly mean: Change;
  readonly median: Change;
  readonly p95: Change;
  readonly p99: Change;
  readonly max: Change;
  /** With samples: the two-sided p-value of the Mann-Whitney U test. */
  readonly p_value?: number;
  /** With samples: how often intervals like these hold the truth, 0.95 for 95 of 100. */
  readonly confidence?: number;
  readonly verdict: Verdict;
  /** Why that verdict, in words. */
  readonly reason: string;
}

export interface CompareOptions {
  /** How often two runs of the same may be told apart by mistake, 0.05 unless told. */
  readonly alpha?: number;
  /** A change of less than this many percent does not matter; 3 unless told. */
  readonly smallestEffectPct?: number;
  /** The intervals are drawn by chance, and the same for the same seed; 1 unless told. */
  readonly seed?: number;
}

/**
 * Sets two measurements of the same thing side by side. If both have samples it also says whether the difference is
 * more than chance; without them the verdict is `inconclusive`, whatever the figures. Throws a RangeError if a sample
 * is not a finite number from 0 up.
 */
export function compare(name: string, before: Measured, after: Measured, options: CompareOptions = {}): Comparison {
  const changes = {
    mean: changeOf(before.mean, after.mean),
    median: changeOf(before.median, after.median),
    p95: changeOf(before.p95, after.p95),
    p99: changeOf(before.p99, after.p99),
    max: changeOf(before.max, after.max),
  };
  const [old, young] = [before.samples ?? [], after.samples ?? []];
  if (old.length === 0 || young.length === 0) {
    return { name, ...changes, verdict: 'inconclusive', reason: 'no samples to compare' };
  }
  checkSamples(old);
  checkSamples(young);

  const { alpha = 0.05, smallestEffectPct = 3, seed = 1 } = options;
  const confidence = 1 - alpha;
  const intervals = improvementIntervals(old, young, { confidence, seed });
  const { u, pValue } = mannWhitney(old, young);
  const evidence = {
    samples: Math.min(old.length, young.length),
    meanImprovementPct: changes.mean.improvement_pct ?? -Infinity,
    intervals,
    pValue,
    oftenFaster: u / (old.length * young.length),
  };
  return {
    name,
    ...changes,
    mean: { ...changes.mean, ...within(intervals.mean) },
    p95: { ...changes.p95, ...within(intervals.p95) },
    p99: { ...changes.p99, ...within(intervals.p99) },
    p_value: pValue,
    confidence,
    ...verdictOf(evidence, { alpha, smallestEffectPct }),
  };
}

function changeOf(before: number, after: number): Change {
  const share = before === after ? 0 : before === 0 ? null : (before - after) / before;
  return { before, after, improvement_pct: share === null ? null : share * 100, faster: after < before };
}

function within(interval: Interval | undefined): Pick<Change, 'interval_pct'> {
  return interval ? { interval_pct: interval } : {};
}

function checkSamples(samples: readonly number[]): void {
  if (!samples.every((seconds) => Number.isFinite(seconds) && seconds >= 0)) {
    throw new RangeError('a sample is a finite number of seconds from 0 up');
  }
}
