import { AccessCheck, type AccessQuestion, type AccessVerdict, type Permission } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import { LimitService } from './limit.service';
import { PlanService } from './plan.service';
import { type Feature, isWithin, type Limit, LIMITS } from './plans';

/** What is no use without a feature: all that a permission is for, or of the only kind that there is so far. */
const FEATURE_FOR: Readonly<Partial<Record<Permission, Feature>>> = {
  'audit:read': 'audit_logging',
  'integration:create': 'n8n_integration',
};

const LIMIT_FOR: Readonly<Partial<Record<Permission, Limit>>> = {
  'user:create': 'max_users',
  'project:create': 'max_projects',
  'integration:create': 'max_integrations',
  'webhook:receive': 'max_webhooks_per_day',
};

/** Says where it is the plan, or a quota of it, that stands in the way of what a role may do. */
@Injectable()
export class PlanCheck extends AccessCheck {
  constructor(
    private readonly database: TenantDatabase,
    private readonly plans: PlanService,
    private readonly limits: LimitService,
  ) {
    super();
  }

  async objection({ tenantId, permission }: AccessQuestion): Promise<AccessVerdict | null> {
    return (await this.byFeature(tenantId, permission)) ?? (await this.byLimit(tenantId, permission));
  }

  private async byFeature(tenantId: string, permission: Permission): Promise<AccessVerdict | null> {
    const feature = FEATURE_FOR[permission];
    if (feature === undefined) return null;
    const plan = await this.plans.of(tenantId);
    if (plan.has(feature)) return null;
    return { allowed: false, by: 'plan', reason: `The plan ${plan.tier} does not include ${feature}.` };
  }

  private async byLimit(tenantId: string, permission: Permission): Promise<AccessVerdict | null> {
    const limit = LIMIT_FOR[permission];
    if (limit === undefined) return null;
    const { uses } = await this.database.transaction(tenantId, (manager) => this.limits.uses(manager, tenantId));
    const use = uses.find((one) => one.limit === limit);
    if (!use || isWithin(use.max, use.used)) return null;
    const until = use.resetsAt ? `, until ${use.resetsAt.toISOString()}` : '';
    const reason = `The plan allows ${use.max} ${LIMITS[limit].noun}, and ${use.used} are used${until}.`;
    return { allowed: false, by: 'quota', reason };
  }
}
