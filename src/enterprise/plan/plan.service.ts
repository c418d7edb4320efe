import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import type { EffectivePlan } from './effective-plan';
import { PlanRepository } from './plan.repository';

/** Knows what a tenant's plan is at this moment. Asks each time: what is sold and taken back must hold at once. */
@Injectable()
export class PlanService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly plans: PlanRepository,
  ) {}

  of(tenantId: string): Promise<EffectivePlan> {
    return this.database.transaction(tenantId, (manager) => this.within(manager, tenantId));
  }

  /** The same in the caller's transaction. */
  async within(manager: EntityManager, tenantId: string): Promise<EffectivePlan> {
    const plan = await this.findWithin(manager, tenantId);
    if (!plan) throw problems.notFound('There is no such tenant.');
    return plan;
  }

  /** The same, or null where there is no such tenant. */
  findWithin(manager: EntityManager, tenantId: string): Promise<EffectivePlan | null> {
    return this.plans.find(manager, tenantId);
  }
}
