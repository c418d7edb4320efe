import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { round } from './machine.ts';
import { spreadOf } from './statistics.ts';

/** One figure of a suite, once a round: a ratio to something of the same run, so that machines matter little. */
export interface Figure {
  readonly name: string;
  readonly better: 'more' | 'less';
  readonly values: readonly number[];
}

export type Judgement = 'better' | 'worse' | 'no difference' | 'inconclusive';

export interface Compared {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Positive where it became better, in percent. */
  readonly change_pct: number;
  readonly p_value: number;
  readonly judgement: Judgement;
}

/** How often two runs of the same may be told apart by mistake. */
const ALPHA = 0.05;
/** A change of less than this does not matter. */
const SMALLEST_PCT = 3;
/** With fewer rounds on either side no difference, however large, is sure enough. */
const FEWEST_ROUNDS = 4;

/** The ratios of pairs of the same turn; what has no partner is left out. */
export function ratiosOf<A, B>(
  over: readonly A[],
  under: readonly B[],
  valueOver: (one: A) => number,
  valueUnder: (one: B) => number,
): number[] {
  return over.flatMap((one, n) => {
    const other = under[n];
    return other === undefined ? [] : [valueOver(one) / valueUnder(other)];
  });
}

/**
 * The figures of a stored run of a suite.
 *
 * @param place a result's file, or a folder of results
 * @throws Error with what would be right, where there are none
 */
export function storedFigures(place: string, suite: string): Figure[] {
  const file = existsSync(place) && statSync(place).isDirectory() ? join(place, `${suite}.json`) : place;
  if (!existsSync(file)) throw new Error(`--baseline: there is no ${file}; name a result or a folder of results`);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as { suite?: unknown; figures?: unknown };
  if (stored.suite !== suite || !Array.isArray(stored.figures)) {
    throw new Error(
      `--baseline: ${file} holds no figures of ${suite}: it is of another suite, or from before there were any`,
    );
  }
  return stored.figures as Figure[];
}

export type MannWhitney = (first: readonly number[], second: readonly number[]) => { readonly pValue: number };

/** Each figure that both runs have, by the Mann-Whitney U test over their rounds. */
export function compareFigures(
  before: readonly Figure[],
  after: readonly Figure[],
  mannWhitney: MannWhitney,
): Compared[] {
  return after.flatMap((figure) => {
    const old = before.find(({ name }) => name === figure.name);
    return old ? [compared(old, figure, mannWhitney)] : [];
  });
}

function compared(before: Figure, after: Figure, mannWhitney: MannWhitney): Compared {
  const [old, young] = [spreadOf(before.values, 6).median, spreadOf(after.values, 6).median];
  const growth = ((young - old) / old) * 100;
  const change = after.better === 'more' ? growth : -growth;
  const { pValue } = mannWhitney(before.values, after.values);
  const rounds = Math.min(before.values.length, after.values.length);
  return {
    name: after.name,
    before: round(old, 3),
    after: round(young, 3),
    change_pct: round(change, 1),
    p_value: round(pValue, 4),
    judgement: judged(change, pValue, rounds),
  };
}

function judged(change: number, pValue: number, rounds: number): Judgement {
  if (rounds < FEWEST_ROUNDS) return 'inconclusive';
  if (pValue >= ALPHA || Math.abs(change) < SMALLEST_PCT) return 'no difference';
  return change > 0 ? 'better' : 'worse';
}
