import type { DatabaseKind } from '../options.ts';
import type { Machine } from '../support/machine.ts';
import type { DatabaseFacts } from '../support/scratch-place.ts';
import { type Figure, ratiosOf } from '../support/figure.ts';
import { type Spread, spreadOf } from '../support/statistics.ts';
import type { Explained } from './limits.stage.ts';

/** What is asked for, and in how many milliseconds it is to be answered, by the p95 of the median round. */
export const PATHS = {
  analytics: '/api/v1/analytics',
  'first page of audit-logs': '/api/v1/audit-logs',
} as const satisfies Record<string, string>;

export type PathName = keyof typeof PATHS;
export const GOAL_MS = 50;

/** One path in one round. */
export interface TimedPath {
  readonly answers: number;
  readonly median_ms: number;
  readonly p95_ms: number;
}

/** What bench/results/limits.json has in it. */
export interface LimitsReport {
  readonly suite: 'limits';
  readonly measured_at: string;
  readonly machine: Machine;
  readonly load: { readonly seconds: number; readonly rounds: number; readonly connections: number };
  readonly rows: number;
  readonly databases: readonly LimitsRun[];
}

export interface LimitsRun {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly figures: readonly PathFigure[];
}

export interface PathFigure {
  readonly name: PathName;
  readonly goal_ms: number;
  readonly empty: Measured;
  readonly full: Measured;
  /** How many times as long it takes when full, by the medians. */
  readonly ratio: number;
  readonly statements: readonly Explained[];
}

export interface Measured {
  readonly median_ms: Spread;
  readonly p95_ms: Spread;
  readonly rounds: readonly TimedPath[];
}

/** How many times as long each takes when full, by the medians of the rounds. */
export function comparable({ kind, figures }: LimitsRun): Figure[] {
  return figures.map(({ name, empty, full }) => ({
    name: `${kind}: ${name}, full of empty`,
    better: 'less',
    values: ratiosOf(
      full.rounds,
      empty.rounds,
      ({ median_ms }) => median_ms,
      ({ median_ms }) => median_ms,
    ),
  }));
}

export function measuredOf(rounds: readonly TimedPath[]): Measured {
  return {
    median_ms: spreadOf(rounds.map((round) => round.median_ms)),
    p95_ms: spreadOf(rounds.map((round) => round.p95_ms)),
    rounds,
  };
}
