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
export function dueAlerts(clock: UsageClock): string {
  const { now } = clock;
  const uses = [
    ...[DAILY_WEBHOOKS, MONTHLY_WORKFLOWS].map((quota) => useOfQuota(quota, now)),
    ...(['max_users', 'max_projects', 'max_integrations'] as const).map((limit) => useOfMade(limit, now)),
  ];
  const thresholds = ALERTS.map(({ thresholdPercent }) => `(${thresholdPercent})`).join(', ');
  return `
    SELECT use.tenant_id, use.limit_name, use.starts_on::text, threshold_percent, use.max, use.used::float8 AS used
    FROM (${uses.join(' UNION ALL ')}) AS use, (VALUES ${thresholds}) AS alerts (threshold_percent)
    WHERE use.max > 0 AND use.used * 100 >= use.max::bigint * threshold_percent
      AND NOT EXISTS (SELECT FROM limit_alerts a WHERE a.tenant_id = use.tenant_id AND a.limit_name = use.limit_name
        AND a.starts_on = use.starts_on AND a.threshold_percent = alerts.threshold_percent AND a.max = use.max)
    ORDER BY use.tenant_id, use.limit_name, use.starts_on, threshold_percent`;
}

/** `plan.max`: joined to a tenant `t`. */
const planOf = (limit: Limit, now: string) => `CROSS JOIN LATERAL (SELECT ${limitSql(limit, now)} AS max) AS plan`;

const startOf = (period: Period, moment: string) => `date_trunc('${period}', ${moment} AT TIME ZONE 'UTC')::date`;

function useOfQuota({ limit, metric, period }: Quota, now: string): string {
  const starts = [startOf(period, `(${now})`), startOf(period, `(${now} - interval '1 hour')`)];
  return `
    SELECT t.id AS tenant_id, '${limit}' AS limit_name, u.starts_on, plan.max, u.count AS used
    FROM tenants t ${planOf(limit, now)}
    JOIN usage_counters u ON u.tenant_id = t.id AND u.metric = '${metric}' AND u.period = '${period}'
      AND u.starts_on IN (${starts.join(', ')})
    WHERE t.active AND plan.max > 0`;
}

function useOfMade(limit: keyof typeof TABLE_OF, now: string): string {
  return `
    SELECT t.id, '${limit}', ${startOf(periodOf(limit), `(${now})`)}, plan.max, made.count
    FROM tenants t ${planOf(limit, now)}
    CROSS JOIN LATERAL (SELECT count(*) AS count FROM ${TABLE_OF[limit]} m WHERE m.tenant_id = t.id) AS made
    WHERE t.active AND plan.max > 0`;
}
