import type { DatabaseKind } from '../options.ts';
import type { Machine } from '../support/machine.ts';
import type { DatabaseFacts } from '../support/scratch-place.ts';
import { type Figure as ComparableFigure, ratiosOf } from '../support/figure.ts';
import { type Spread, spreadOf } from '../support/statistics.ts';

/** What is measured, and what it may take: microseconds, of the median round. Null: nothing is promised. */
export const FIGURES = {
  'permission check': { goal_us: 1 },
  'API key, from the cache': { goal_us: 20 },
  'API key, asked of the database': { goal_us: 5_000 },
  'access token, from the cache': { goal_us: 20 },
  'sign-in over HTTP': { goal_us: null },
  'Argon2id alone': { goal_us: null },
} as const satisfies Record<string, { goal_us: number | null }>;

export type FigureName = keyof typeof FIGURES;

/** One figure in one round. */
export interface Timed {
  readonly calls: number;
  readonly median_us: number;
  readonly p99_us: number;
}

/** What bench/results/auth.json has in it. Rounds are kept one by one, so that two runs can be compared later. */
export interface AuthReport {
  readonly suite: 'auth';
  readonly measured_at: string;
  readonly machine: Machine;
  readonly load: { readonly seconds: number; readonly rounds: number };
  readonly databases: readonly AuthRun[];
}

export interface AuthRun {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly figures: readonly Figure[];
  /** How much of a sign-in Argon2id is, by the medians of the same turn. */
  readonly argon2_share: Spread;
}

export interface Figure {
  readonly name: FigureName;
  readonly goal_us: number | null;
  readonly median_us: Spread;
  readonly p99_us: Spread;
  readonly rounds: readonly Timed[];
}

export function figureOf(name: FigureName, rounds: readonly Timed[]): Figure {
  return {
    name,
    goal_us: FIGURES[name].goal_us,
    median_us: spreadOf(rounds.map((round) => round.median_us)),
    p99_us: spreadOf(rounds.map((round) => round.p99_us)),
    rounds,
  };
}

/** Each to Argon2id in the same turn, which costs the same on a machine whatever Mira does. */
export function comparable({ kind, figures }: AuthRun): ComparableFigure[] {
  const argon2 = figures.find(({ name }) => name === 'Argon2id alone')?.rounds ?? [];
  const others = figures.filter(({ name }) => name !== 'Argon2id alone');
  return others.map(({ name, rounds }) => ({
    name: `${kind}: ${name}, of Argon2id`,
    better: 'less',
    values: ratiosOf(
      rounds,
      argon2,
      ({ median_us }) => median_us,
      ({ median_us }) => median_us,
    ),
  }));
}

export function shareOf(part: readonly Timed[], whole: readonly Timed[]): Spread {
  return spreadOf(whole.flatMap((round, i) => (part[i] ? [part[i].median_us / round.median_us] : [])));
}
