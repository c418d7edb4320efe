import type { QueryResult } from 'pg';
import type { Tier } from '../../tenant/tenant.entity';
import type { Metric } from '../usage/metrics';
import { dayOf, endOf, type Period } from '../usage/periods';
import type { UsageClock } from '../usage/usage.clock';
import { EffectivePlan } from './effective-plan';
import { limitSql } from './plan.sql';
import { type Limit, UNLIMITED } from './plans';

/** A limit of what is counted by time: which counter it is about. */
export interface Quota {
  readonly limit: Limit;
  readonly metric: Metric;
  readonly period: Period;
}

export const DAILY_WEBHOOKS = {
  limit: 'max_webhooks_per_day',
  metric: 'webhooks_received',
  period: 'day',
} as const satisfies Quota;

export const MONTHLY_WORKFLOWS = {
  limit: 'max_workflows_per_month',
  metric: 'workflows_executed',
  period: 'month',
} as const satisfies Quota;

/** What a sender is told for whom there is no room. */
export interface QuotaRefusal {
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
  readonly now: Date;
  readonly tier: Tier;
  /** The tier that would allow more; null where none would. */
  readonly neededTier: Tier | null;
}

export interface QuotaRow {
  tenant_id: string;
  tier: Tier;
  max: number;
  is_agreed: boolean;
  /** Null where the tenant has no limit: then nothing is locked. */
  used: number | null;
  day: string;
  now: Date;
}

/**
 * The preamble of a group transaction that holds the counters of those tenants that have the limit until the commit, so
 * that groups of all processes take what is left one after the other. A tenant without the limit has nothing locked, nor
 * has one that has used it up, for a counter only grows: whoever is refused holds nobody up. The plan is read in the
 * same statement. Without parameters: the ids are checked by the transaction, which scopes
 * itself to the same ones.
 */
export function holdingQuota(quota: Quota, { now, today }: UsageClock, tenantIds: readonly string[]): string {
  const { limit, metric, period } = quota;
  const ids = tenantIds.map((id) => `'${id}'`).join(', ');
  const start = `date_trunc('${period}', ${today}::timestamp)::date`;
  return `
    WITH plans AS (
      SELECT t.id, t.tier, ${limitSql(limit, now)} AS max,
        EXISTS (SELECT FROM plan_overrides o WHERE o.tenant_id = t.id AND o.name = '${limit}'
          AND (o.ends_at IS NULL OR o.ends_at > ${now})) AS is_agreed
      FROM tenants t WHERE t.id IN (${ids})
    ), seen AS (
      SELECT plans.*, CASE WHEN max <> ${UNLIMITED} THEN coalesce(
        (SELECT u.count FROM usage_counters u WHERE u.tenant_id = plans.id AND u.metric = '${metric}'
           AND u.period = '${period}' AND u.starts_on = ${start} AND u.tenant_id IN (${ids})), 0) END AS count
      FROM plans
    ), held AS (
      INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
      SELECT id, '${metric}', '${period}', ${start}, 0 FROM seen WHERE count < max ORDER BY id
      ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count
      RETURNING tenant_id, count
    )
    SELECT seen.id AS tenant_id, tier, max, is_agreed, coalesce(held.count, seen.count)::int AS used,
      ${today}::text AS day, ${now} AS now
    FROM seen LEFT JOIN held ON held.tenant_id = seen.id`;
}

/** What is left of a quota to the tenants of a group, while their counters are held. */
export class HeldQuotas {
  private readonly rows: ReadonlyMap<string, QuotaRow>;
  /** The UTC day that the transaction counts for. Where all tenants of the group are gone, any: it will be swept. */
  readonly day: string;

  constructor(
    private readonly quota: Quota,
    { rows }: Pick<QueryResult, 'rows'>,
  ) {
    this.rows = new Map((rows as QuotaRow[]).map((row) => [row.tenant_id, row]));
    this.day = (rows as QuotaRow[])[0]?.day ?? dayOf(new Date());
  }

  /** How many more there may be of the tenant's; null where there is no limit. */
  remaining(tenantId: string): number | null {
    const row = this.rows.get(tenantId);
    return row === undefined || row.used === null ? null : Math.max(0, row.max - row.used);
  }

  /** Those that have the limit, with what is left to them. */
  get limited(): { tenantId: string; remaining: number }[] {
    return [...this.rows.keys()].flatMap((tenantId) => {
      const remaining = this.remaining(tenantId);
      return remaining === null ? [] : [{ tenantId, remaining }];
    });
  }

  /** @param more how many of the tenant's were taken under this hold */
  refusal(tenantId: string, more: number): QuotaRefusal {
    const row = this.rows.get(tenantId);
    if (!row || row.used === null) throw new Error('a tenant without a limit cannot be over it');
    const { tier, max, now, day } = row;
    const { limit, period } = this.quota;
    const used = row.used + more;
    const plan = new EffectivePlan(tier, row.is_agreed ? [{ kind: 'limit', name: limit, max, endsAt: null }] : []);
    return { limit: max, used, resetsAt: endOf(period, day), now, tier, neededTier: plan.tierAllowing(limit, used) };
  }
}
