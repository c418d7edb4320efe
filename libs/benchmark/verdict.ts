import type { Interval, Resampled } from './bootstrap';

export type Verdict = 'improved' | 'regressed' | 'unchanged' | 'inconclusive';

export interface Evidence {
  /** Of the smaller sample. */
  readonly samples: number;
  /** In percent of the time before, positive where it became faster. */
  readonly meanImprovementPct: number;
  readonly intervals: Partial<Record<Resampled, Interval>>;
  readonly pValue: number;
  /** Pairs in which the time before was the longer one, of all pairs; 0.5 where neither is. */
  readonly oftenFaster: number;
}

export interface VerdictRules {
  /** How often two runs of the same may be told apart by mistake: 0.05 is once in twenty. */
  readonly alpha: number;
  /** A change of less than this many percent does not matter. */
  readonly smallestEffectPct: number;
}

/** With fewer, the bootstrap's interval of the mean is too narrow to be believed. */
const FEWEST_SAMPLES = 10;

/**
 * Says what the evidence carries, and `inconclusive`, with the reason, where it does not carry anything. A change has
 * to be shown by the ranks and by the mean, both in one direction, and to be large enough; that nothing changed has to
 * be shown as well, by an interval too narrow for a change that matters. A tail that clearly went another way than the
 * mean spoils either.
 */
export function verdictOf(evidence: Evidence, rules: VerdictRules): { verdict: Verdict; reason: string } {
  const { samples, meanImprovementPct, intervals, pValue, oftenFaster } = evidence;
  const { alpha, smallestEffectPct } = rules;
  const inconclusive = (reason: string) => ({ verdict: 'inconclusive', reason }) as const;

  if (samples < FEWEST_SAMPLES) return inconclusive(`fewer than ${FEWEST_SAMPLES} samples each`);
  if (!intervals.mean) return inconclusive('the clock is too coarse for these times');
  const [low, high] = intervals.mean;
  const tails = [intervals.p95, intervals.p99].filter((tail) => tail !== undefined);
  const tailSlower = tails.some(([, best]) => best < -smallestEffectPct);
  const tailFaster = tails.some(([worst]) => worst > smallestEffectPct);

  if (low > -smallestEffectPct && high < smallestEffectPct) {
    if (tailSlower || tailFaster) return inconclusive('the mean is unchanged, but the slowest calls are not');
    return { verdict: 'unchanged', reason: `the mean moved by less than ${smallestEffectPct} %` };
  }
  if (pValue >= alpha || (low <= 0 && high >= 0)) return inconclusive('the difference may be chance');
  if (Math.abs(meanImprovementPct) < smallestEffectPct) {
    return inconclusive(`there is a difference, but it may be under ${smallestEffectPct} %`);
  }
  const improved = low > 0;
  if (improved !== oftenFaster > 0.5) return inconclusive('most calls went one way and the mean the other');
  if (improved ? tailSlower : tailFaster) return inconclusive('the slowest calls went another way than the mean');
  return improved
    ? { verdict: 'improved', reason: 'faster by ranks and by the mean' }
    : { verdict: 'regressed', reason: 'slower by ranks and by the mean' };
}
