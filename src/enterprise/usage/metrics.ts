/** One row of the registry. `sum`: what was done in a period; `level`: how many there were at its end. */
export interface MetricEntry {
  readonly kind: 'sum' | 'level';
  readonly description: string;
}

/**
 * Everything whose use is kept. A line here is the whole declaration of a new metric: `recordUsage` takes its name, and
 * analytics, series and exports show it.
 */
export const METRICS = {
  users_created: { kind: 'sum', description: 'Users that were added' },
  projects_created: { kind: 'sum', description: 'Projects that were made' },
  webhooks_received: { kind: 'sum', description: 'Webhooks that were stored, without duplicates, and events synced' },
  events_synced: { kind: 'sum', description: 'Events that somebody made by a sync; among the webhooks received' },
  webhooks_refused: { kind: 'sum', description: 'Webhooks that were over the quota of the day, each time they came' },
  workflows_executed: {
    kind: 'sum',
    description: 'Deliveries to workflows, each counted once, and workflows triggered',
  },
  workflows_triggered: { kind: 'sum', description: 'Workflows that somebody started by hand; among those executed' },
  integrations_active: { kind: 'level', description: 'Integrations that there are' },
  api_calls: { kind: 'sum', description: 'Management requests by somebody known' },
} as const satisfies Record<string, MetricEntry>;

export type Metric = keyof typeof METRICS;

export const METRIC_NAMES: readonly Metric[] = Object.freeze(Object.keys(METRICS).filter(isMetric));

export function isMetric(name: string): name is Metric {
  return Object.hasOwn(METRICS, name);
}
