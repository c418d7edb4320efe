/** What the books are held to, each with what it means when it does not hold. */
export const CHECKS = {
  received: 'what was counted as received is not what is stored',
  usage_by_day: 'the days of a counter do not sum up to its total',
  usage_by_month: 'the months of a counter do not sum up to its total',
  routed: 'an event has not the deliveries that it was given when it was stored',
  event_missing: 'a delivery is of an event that there is not',
  attempts: 'a delivery has not as many attempts on record as it says',
  delivery_missing: 'an attempt is of a delivery that there is not',
  status: 'a delivery says that it ended otherwise than its last attempt did',
  workflows: 'the workflows that were counted are not the deliveries that are marked as counted and those triggered',
  integrations: 'the integrations that were counted are not those that there are',
  queued_without_job: 'a delivery waits for an attempt that nobody will make',
  dedup_key: 'a dedup key stands for an event that there is not',
} as const satisfies Record<string, string>;

export type Check = keyof typeof CHECKS;

/** Something that does not agree, of one tenant. */
export interface Gap {
  readonly tenant_id: string;
  readonly check: Check;
  readonly message: string;
  readonly expected: number;
  readonly found: number;
  /** What it is about: a metric, or the first few ids. */
  readonly of: readonly string[];
}

/** The counters whose periods must agree. */
export const SUMMED = [
  'webhooks_received',
  'webhooks_refused',
  'events_synced',
  'workflows_executed',
  'workflows_triggered',
] as const;
export type SummedMetric = (typeof SUMMED)[number];

export interface CounterSums {
  readonly total: number;
  readonly by_day: number;
  readonly by_month: number;
}

/** One tenant's books, each number from where it is kept. */
export interface TenantLedger {
  readonly tenant_id: string;
  /** Null where there is no such tenant, but rows of it. */
  readonly name: string | null;
  /** By the counters: taken and refused together, and what was synced. */
  readonly received: number;
  /** Events that senders sent. */
  readonly stored: number;
  readonly refused: number;
  /** What retention took away: such events, and deliveries that were counted as workflows. */
  readonly removed: { readonly stored: number; readonly workflows: number };
  /** Events of Mira itself, what was synced among them. */
  readonly own_events: number;
  /** Deliveries that events were given when they were stored, as was written down then. */
  readonly routed: number;
  /** Those that there are, without what replays added. */
  readonly deliveries: number;
  readonly replayed: number;
  readonly attempts: number;
  readonly workflows: number;
  readonly integrations: number;
  readonly usage: Readonly<Record<SummedMetric, CounterSums>> & { readonly integrations_active: number | null };
}

export interface Ledger {
  /** The moment that all of it is of. */
  readonly at: Date;
  readonly tenants: readonly TenantLedger[];
  readonly gaps: readonly Gap[];
}

/** What does not agree among a tenant's sums; what is wrong with single rows is found by the database. */
export function gapsOfSums(ledger: TenantLedger, { withIntegrations }: { withIntegrations: boolean }): Gap[] {
  const { tenant_id: tenantId, stored, refused, removed, received, workflows, integrations, usage } = ledger;
  const gaps: Gap[] = [];
  const hold = (check: Check, expected: number, found: number, of: readonly string[]): void => {
    if (expected !== found) gaps.push(gapOf(tenantId, check, expected, found, of));
  };
  hold('received', stored + removed.stored + refused + usage.events_synced.total, received, ['webhooks_received']);
  for (const metric of SUMMED) {
    const { total, by_day: byDay, by_month: byMonth } = usage[metric];
    hold('usage_by_day', total, byDay, [metric]);
    hold('usage_by_month', total, byMonth, [metric]);
  }
  const run = workflows + removed.workflows + usage.workflows_triggered.total;
  hold('workflows', run, usage.workflows_executed.total, ['workflows_executed']);
  if (withIntegrations) hold('integrations', integrations, usage.integrations_active ?? 0, ['integrations_active']);
  return gaps;
}

export function gapOf(tenantId: string, check: Check, expected: number, found: number, of: readonly string[]): Gap {
  return { tenant_id: tenantId, check, message: CHECKS[check], expected, found, of };
}
