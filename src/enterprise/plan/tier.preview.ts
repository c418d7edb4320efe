import type { Principal } from '@mira/access';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../../database/tenant.database';
import type { Tier } from '../../tenant/tenant.entity';
import { noSuchTenant, tenantSeenBy } from '../../tenant/tenant.rules';
import { excess } from './effective-plan';
import { LimitService } from './limit.service';
import type { TierPreviewView } from './plan-view.dto';

/** Shows before a change of tier what it would mean. The change itself takes nothing away that is there. */
@Injectable()
export class TierPreview {
  constructor(
    private readonly database: TenantDatabase,
    private readonly limits: LimitService,
  ) {}

  async of(who: Principal, tenantId: string, tier: Tier): Promise<TierPreviewView> {
    if (!tenantSeenBy(who, tenantId)) throw noSuchTenant();
    const { plan, uses } = await this.database.transaction(tenantId, (manager) => this.limits.uses(manager, tenantId));
    const then = plan.in(tier);
    return {
      tenant_id: tenantId,
      tier: plan.tier,
      tier_then: tier,
      limits: uses.map(({ limit, max, used }) => ({
        limit,
        max,
        max_then: then.limits[limit],
        used,
        exceeds_by: excess(then, limit, used),
      })),
      features_gained: then.features.filter((feature) => !plan.has(feature)),
      features_lost: plan.features.filter((feature) => !then.has(feature)),
    };
  }
}
