import type { DatabaseKind } from '../options.ts';
import type { Machine } from '../support/machine.ts';
import type { DatabaseFacts } from '../support/scratch-place.ts';
import type { Figure } from '../support/figure.ts';
import type { Spread } from '../support/statistics.ts';

/** What bench/results/delivery.json has in it. */
export interface DeliveryReport {
  readonly suite: 'delivery';
  readonly measured_at: string;
  readonly machine: Machine;
  readonly load: { readonly connections: number; readonly seconds: number; readonly rounds: number };
  readonly databases: readonly DeliveryRun[];
}

export interface DeliveryRun {
  readonly kind: DatabaseKind;
  readonly database: DatabaseFacts;
  readonly backlog: BacklogFigures;
  readonly idle: IdleFigures;
  readonly slow: SlowFigures;
}

/** How fast a backlog is delivered to a workflow that answers at once. */
export interface BacklogFigures {
  /** Deliveries in all rounds. */
  readonly deliveries: number;
  readonly per_second: Spread;
  /** What the same HTTP client sends to the same workflow when nothing is stored. */
  readonly bare_per_second: Spread;
  readonly ratio: Spread;
  readonly ratios: readonly number[];
  /** Attempts that are written down, of all rounds: as many as deliveries. */
  readonly attempts_stored: number;
}

export function comparable({ kind, backlog, slow }: DeliveryRun): Figure[] {
  return [
    { name: `${kind}: deliveries/s of the bare client's`, better: 'more', values: backlog.ratios },
    { name: `${kind}: share of its time that a slow n8n worked`, better: 'more', values: [slow.busy] },
  ];
}

/** From the moment the sender has its 202 until the workflow has the webhook, with nothing else to do, in milliseconds. */
export interface IdleFigures {
  readonly webhooks: number;
  readonly median_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

/** An n8n that works on one webhook at a time, for so long, and has more to do than it can. */
export interface SlowFigures {
  readonly backlog: number;
  readonly work_ms: number;
  /** From the first receipt to the last answer. */
  readonly seconds: number;
  /** The share of that time in which it worked, by its own clock's measure of the work. */
  readonly busy: number;
  /** Requests that it had not answered yet, at most. */
  readonly most_waiting: number;
  /** Attempts by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Another tenant's events meanwhile, to a workflow that answers at once: from the 202 to the receipt. */
  readonly others: IdleFigures;
}
