import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Metric } from '../usage/metrics';
import { periodsOf } from '../usage/periods';
import { UsageClock } from '../usage/usage.clock';
import { DAILY_WEBHOOKS, HeldQuotas, holdingQuota, MONTHLY_WORKFLOWS, type Quota, type QuotaRow } from './held-quotas';

/**
 * The plan's quotas for what somebody does by hand and waits for. Webhooks and deliveries are counted in groups where they
 * are stored and made; what is taken here is counted apart as well, so that the books can tell the one from the other.
 */
@Injectable()
export class QuotaAllowance {
  constructor(private readonly clock: UsageClock) {}

  /**
   * Counts one more workflow, in the caller's transaction; nobody else of the tenant takes one until that ends.
   * @throws Problem `quota-exceeded`
   */
  async takeWorkflow(manager: EntityManager, tenantId: string): Promise<void> {
    await this.take(manager, tenantId, MONTHLY_WORKFLOWS, 'workflows_triggered');
  }

  /** The same for an event that is none of a sender's: it counts as a webhook of the day. */
  async takeWebhook(manager: EntityManager, tenantId: string): Promise<void> {
    await this.take(manager, tenantId, DAILY_WEBHOOKS, 'events_synced');
  }

  private async take(manager: EntityManager, tenantId: string, quota: Quota, apart: Metric): Promise<void> {
    const rows: QuotaRow[] = await manager.query(holdingQuota(quota, this.clock, [tenantId]));
    const quotas = new HeldQuotas(quota, { rows });
    if (quotas.remaining(tenantId) === 0) {
      const { limit, used, resetsAt, now, tier, neededTier } = quotas.refusal(tenantId, 0);
      throw problems.quotaExceeded({ limit, used, resetsAt, tier: neededTier, currentTier: tier }, {}, now);
    }
    for (const metric of [quota.metric, apart]) {
      const text = counting(metric, quota.period, 'SELECT $1::uuid, 1::bigint', '$2::date');
      await manager.query(text, [tenantId, quotas.day]);
    }
  }
}

/** Adds to the counters of workflows, where `counts` is a query for tenants and numbers. */
export function countingWorkflows(counts: string, day: string): string {
  return counting(MONTHLY_WORKFLOWS.metric, MONTHLY_WORKFLOWS.period, counts, day);
}

/** The period `first` comes first, as it is locked first. */
function counting(metric: Metric, first: Quota['period'], counts: string, day: string): string {
  return `
    INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
    SELECT tenant_id, '${metric}', period, starts_on, count
    FROM (${counts}) AS new (tenant_id, count), ${periodsOf(day)}
    ORDER BY tenant_id, period <> '${first}', period
    ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count + excluded.count`;
}
