import type { LoadResult } from '../load/load-order.ts';
import type { DatabaseKind } from '../options.ts';
import type { Machine } from '../support/machine.ts';
import { type Figure, ratiosOf } from '../support/figure.ts';
import type { DatabaseFacts } from '../support/scratch-place.ts';
import { type Spread, spreadOf } from '../support/statistics.ts';

/** The name of the series that all ratios are to. */
export const REFERENCE = 'bare NestJS';

/** What bench/results/ingest.json has in it. Rounds are kept one by one, so that two runs can be compared later. */
export interface IngestReport {
  readonly suite: 'ingest';
  readonly measured_at: string;
  readonly machine: Machine;
  readonly load: {
    readonly connections: number;
    readonly seconds: number;
    readonly rounds: number;
    readonly body_bytes: number;
  };
  readonly databases: readonly DatabaseRun[];
}

export interface DatabaseRun {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly series: readonly Series[];
  readonly delivery: DeliverySummary;
  /** Of Mira's process, which has the embedded database in it. */
  readonly memory: { readonly under_load_mib: number; readonly at_end_mib: number };
}

export interface Series {
  readonly name: string;
  readonly per_second: Spread;
  readonly p50_ms: Spread;
  readonly p99_ms: Spread;
  /** To the reference's round of the same turn. */
  readonly ratio: { readonly per_second: Spread; readonly p99: Spread };
  readonly rounds: readonly LoadResult[];
}

/** Of the series with a route, warm-up included in the counts. */
export interface DeliverySummary {
  readonly acknowledged: number;
  /** Different ones; at the end of a round a few are committed whose answer the sender no longer waits for. */
  readonly delivered: number;
  readonly delivered_again: number;
  readonly per_second_under_load: Spread;
  readonly per_second_afterwards: Spread;
}

/** Mira's own series, to the reference's round of the same turn. */
export function figuresOf({ kind, series }: DatabaseRun): Figure[] {
  const reference = series.find(({ name }) => name === REFERENCE)?.rounds ?? [];
  const own = series.filter(({ name }) => name.startsWith('Mira'));
  return own.flatMap(({ name, rounds }): Figure[] => [
    {
      name: `${kind}: ${name}, webhooks/s of bare NestJS`,
      better: 'more',
      values: ratiosOf(
        rounds,
        reference,
        ({ per_second }) => per_second,
        ({ per_second }) => per_second,
      ),
    },
    {
      name: `${kind}: ${name}, p99 of bare NestJS`,
      better: 'less',
      values: ratiosOf(
        rounds,
        reference,
        ({ p99_ms }) => p99_ms,
        ({ p99_ms }) => p99_ms,
      ),
    },
  ]);
}

export function seriesOf(name: string, rounds: readonly LoadResult[], reference: readonly LoadResult[]): Series {
  const ratios = (figure: (result: LoadResult) => number): Spread =>
    spreadOf(rounds.flatMap((result, i) => (reference[i] ? [figure(result) / figure(reference[i])] : [])));
  return {
    name,
    per_second: spreadOf(
      rounds.map((result) => result.per_second),
      0,
    ),
    p50_ms: spreadOf(rounds.map((result) => result.p50_ms)),
    p99_ms: spreadOf(rounds.map((result) => result.p99_ms)),
    ratio: { per_second: ratios((result) => result.per_second), p99: ratios((result) => result.p99_ms) },
    rounds,
  };
}
