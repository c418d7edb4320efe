import type { Machine } from '../support/machine.ts';
import type { DatabaseFacts } from '../support/scratch-place.ts';
import type { Spread } from '../support/statistics.ts';
import type { Series } from './ingest.result.ts';

/** What bench/results/growth.json has in it. */
export interface GrowthReport {
  readonly suite: 'growth';
  readonly measured_at: string;
  readonly machine: Machine;
  readonly load: { readonly connections: number; readonly seconds: number; readonly rounds: number };
  readonly database: DatabaseFacts;
  readonly grown: { readonly events: number; readonly tenants: number; readonly own_events: number };
  readonly size_mib: number;
  /** Bare NestJS, an empty Mira and a grown one, in turns. */
  readonly series: readonly Series[];
  /** The grown one's webhooks a second to the empty one's, in the same turn. */
  readonly ratio: Spread;
  readonly pages: readonly PageFigure[];
}

export interface PageFigure {
  readonly what: string;
  readonly path: string;
  /** Of the first answer's list. */
  readonly rows: number;
  readonly median_ms: number;
  readonly p95_ms: number;
}
