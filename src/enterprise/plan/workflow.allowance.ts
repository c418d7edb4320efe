import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { periodsOf } from '../usage/periods';
import { UsageClock } from '../usage/usage.clock';
import { HeldQuotas, holdingQuota, MONTHLY_WORKFLOWS, type QuotaRow } from './held-quotas';

/**
 * The plan's `max_workflows_per_month` for a workflow that somebody starts and waits for. Deliveries, which can be held
 * until there is room, are counted in groups where they are made.
 */
@Injectable()
export class WorkflowAllowance {
  constructor(private readonly clock: UsageClock) {}

  /**
   * Counts one more, in the caller's transaction; nobody else of the tenant takes one until that ends.
   * @throws Problem `quota-exceeded`
   */
  async take(manager: EntityManager, tenantId: string): Promise<void> {
    const rows: QuotaRow[] = await manager.query(holdingQuota(MONTHLY_WORKFLOWS, this.clock, [tenantId]));
    const quotas = new HeldQuotas(MONTHLY_WORKFLOWS, { rows });
    if (quotas.remaining(tenantId) === 0) {
      const { limit, used, resetsAt, now, tier, neededTier } = quotas.refusal(tenantId, 0);
      throw problems.quotaExceeded({ limit, used, resetsAt, tier: neededTier, currentTier: tier }, {}, now);
    }
    await manager.query(countingWorkflows('SELECT $1::uuid, 1::bigint', '$2::date'), [tenantId, quotas.day]);
  }
}

/** Adds to the counters of workflows, where `counts` is a query for tenants and numbers. Month first, as it is locked first. */
export function countingWorkflows(counts: string, day: string): string {
  return `
    INSERT INTO usage_counters AS u (tenant_id, metric, period, starts_on, count)
    SELECT tenant_id, '${MONTHLY_WORKFLOWS.metric}', period, starts_on, count
    FROM (${counts}) AS new (tenant_id, count), ${periodsOf(day)}
    ORDER BY tenant_id, period <> 'month', period
    ON CONFLICT (tenant_id, metric, period, starts_on) DO UPDATE SET count = u.count + excluded.count`;
}
