import { DAILY_WEBHOOKS, MONTHLY_WORKFLOWS, type Quota } from '../plan/held-quotas';
import { TABLE_OF } from '../plan/plan.repository';
import { limitSql } from '../plan/plan.sql';
import type { Limit } from '../plan/plans';
import type { Period } from '../usage/periods';
import type { UsageClock } from '../usage/usage.clock';

/** How much of a limit must be used for an alert, and the type of the event that gives it. In the order of giving. */
export const ALERTS = [
  { thresholdPercent: 80, type: 'limit.near' },
  { thresholdPercent: 100, type: 'limit.reached' },
] as const;

/** What is made has no period of its own: of it one is reminded by the month. */
export const periodOf = (limit: Limit): Period => (limit === DAILY_WEBHOOKS.limit ? 'day' : 'month');

/** An alert that is due. */
export interface DueAlert {
  readonly tenant_id: string;
  readonly limit_name: Limit;
  /** The first day of its period. */
  readonly starts_on: string;
  readonly threshold_percent: number;
  readonly max: number;
  readonly used: number;
}

/**
 * All alerts of all tenants that are due and were not given. A period that ended within the hour counts too, for what was
 * reached in its last seconds.
 */
export function dueAlerts(clock: UsageClock, layout?: { readonly isDistributed?: boolean }): string {
  const { now } = clock;
  const uses = [
    ...[DAILY_WEBHOOKS, MONTHLY_WORKFLOWS].map((quota) => useOfQuota(quota, now)),
    ...(['max_users', 'max_projects', 'max_integrations'] as const).map((limit) =>
      useOfMade(limit, now, layout?.isDistributed ? countedTogether : countedApart),
    ),
  ];
  const thresholds = ALERTS.map(({ thresholdPercent }) => `(${thresholdPercent})`).join(', ');
  return `
    SELECT use.tenant_id, use.limit_name, use.starts_on::text, alerts.threshold_percent, use.max, use.used::float8 AS used
    FROM (${uses.join(' UNION ALL ')}) AS use
    CROSS JOIN (VALUES ${thresholds}) AS alerts (threshold_percent)
    LEFT JOIN limit_alerts given ON given.tenant_id = use.tenant_id AND given.limit_name = use.limit_name
      AND given.starts_on = use.starts_on AND given.threshold_percent = alerts.threshold_percent AND given.max = use.max
    WHERE use.max > 0 AND use.used * 100 >= use.max::bigint * alerts.threshold_percent AND given.tenant_id IS NULL
    ORDER BY use.tenant_id, use.limit_name, use.starts_on, alerts.threshold_percent`;
}

const startOf = (period: Period, moment: string) => `date_trunc('${period}', ${moment} AT TIME ZONE 'UTC')::date`;

function useOfQuota({ limit, metric, period }: Quota, now: string): string {
  const starts = [startOf(period, `(${now})`), startOf(period, `(${now} - interval '1 hour')`)];
  return `
    SELECT t.id AS tenant_id, '${limit}' AS limit_name, u.starts_on, ${limitSql(limit, now)} AS max, u.count AS used
    FROM tenants t
    JOIN usage_counters u ON u.tenant_id = t.id AND u.metric = '${metric}' AND u.period = '${period}'
      AND u.starts_on IN (${starts.join(', ')})
    WHERE t.active`;
}

type Made = (typeof TABLE_OF)[keyof typeof TABLE_OF];

/** Those of tenants alone that have a limit. */
const countedApart = (table: Made): string =>
  `CROSS JOIN LATERAL (SELECT count(*) AS count FROM ${table} m WHERE m.tenant_id = t.id) AS made`;

/** Where tables are spread, tenants' rows are not counted beside a row that every server has: each counts all that it has. */
const countedTogether = (table: Made): string =>
  `JOIN (SELECT tenant_id, count(*) AS count FROM ${table} GROUP BY tenant_id) AS made ON made.tenant_id = t.id`;

function useOfMade(limit: keyof typeof TABLE_OF, now: string, counted: (table: Made) => string): string {
  return `
    SELECT t.id, '${limit}', ${startOf(periodOf(limit), `(${now})`)}, ${limitSql(limit, now)}, made.count
    FROM tenants t ${counted(TABLE_OF[limit])}
    WHERE t.active`;
}
