import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import type { Metric } from '../usage/metrics';
import { endOf, type Period } from '../usage/periods';
import { type CurrentCounts, UsageCounters } from '../usage/usage.counters';
import type { EffectivePlan } from './effective-plan';
import { type LimitsView, type LimitUse, limitView } from './plan-view.dto';
import { isMadeLimit, type MadeLimit, PlanRepository } from './plan.repository';
import { PlanService } from './plan.service';
import { type Limit, LIMIT_NAMES, LIMITS } from './plans';

/** What is counted while the limit's lock is held; its row of all time is the lock. */
const METRIC_OF = {
  max_users: 'users_created',
  max_projects: 'projects_created',
  max_integrations: 'integrations_active',
  max_webhooks_per_day: 'webhooks_received',
  max_workflows_per_month: 'workflows_executed',
} as const satisfies Record<Limit, Metric>;

/**
 * Keeps what is made within the plan, exactly, whatever number of processes make it: whoever makes one holds the
 * tenant's lock for it until the transaction ends, and counts what there is.
 */
@Injectable()
export class LimitService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly plans: PlanService,
    private readonly repository: PlanRepository,
    private readonly counters: UsageCounters,
  ) {}

  /**
   * To be called in the transaction that makes one more, before it is made.
   * @throws Problem `limit-reached`
   */
  async reserve(manager: EntityManager, tenantId: string, limit: MadeLimit): Promise<void> {
    await this.hold(manager, tenantId, limit);
    await this.requireRoom(manager, tenantId, limit);
  }

  /** The first half of `reserve`: from here on nobody else makes one, for those who have to look before they ask. */
  async hold(manager: EntityManager, tenantId: string, limit: MadeLimit): Promise<void> {
    await this.counters.lock(manager, tenantId, METRIC_OF[limit]);
  }

  /** The second half. */
  async requireRoom(manager: EntityManager, tenantId: string, limit: MadeLimit): Promise<void> {
    const plan = await this.plans.within(manager, tenantId);
    if (plan.limits[limit] < 0) return;
    const used = await this.repository.countMade(manager, tenantId, limit);
    if (!plan.allows(limit, used)) throw limitReached(plan, limit, used);
  }

  async report(tenantId: string): Promise<LimitsView> {
    const { plan, uses } = await this.database.transaction(tenantId, (manager) => this.uses(manager, tenantId));
    return { tenant_id: tenantId, tier: plan.tier, limits: uses.map(limitView) };
  }

  /** How far each limit of the tenant is used up, and what was counted of each metric, in the caller's transaction. */
  async uses(manager: EntityManager, tenantId: string): Promise<LimitUses> {
    const plan = await this.plans.within(manager, tenantId);
    const current = await this.counters.current(manager, tenantId);
    const made = await this.repository.countAllMade(manager, tenantId);
    const uses = LIMIT_NAMES.map((limit): LimitUse => {
      const max = plan.limits[limit];
      if (isMadeLimit(limit)) return { limit, max, used: made[limit], resetsAt: null };
      const period = periodOf(limit);
      const used = current.counts.get(METRIC_OF[limit])?.[period] ?? 0;
      return { limit, max, used, resetsAt: endOf(period, current.day) };
    });
    return { plan, uses, ...current };
  }
}

/** A plan, how far its limits are used up, and the counts of the day and moment that this was asked. */
export interface LimitUses extends CurrentCounts {
  readonly plan: EffectivePlan;
  readonly uses: readonly LimitUse[];
}

function periodOf(limit: Limit): Period {
  return LIMITS[limit].counts === 'month' ? 'month' : 'day';
}

function limitReached(plan: EffectivePlan, limit: MadeLimit, used: number) {
  const max = plan.limits[limit];
  const detail = `The plan allows ${max} ${LIMITS[limit].noun}, and there are ${used}.`;
  return problems.limitReached(
    { limit: max, used, tier: plan.tier, neededTier: plan.tierAllowing(limit, used) },
    detail,
  );
}
