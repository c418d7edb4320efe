import type { Principal } from '@mira/access';
import { actsOn, type AuditAct, AuditTrail } from '@mira/audit';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { noSuchTenant, tenantSeenBy } from '../../tenant/tenant.rules';
import type { Override } from './effective-plan';
import type { PutOverrideDto } from './override.dto';
import { PlanRepository } from './plan.repository';
import { isFeature, isLimit } from './plans';

const acts = actsOn('plan_override');

/**
 * What is agreed with one tenant besides its tier. Runs as Mira's own login, for a tenant may not change its own plan.
 * Nothing of a plan is remembered anywhere: what is agreed holds from the commit on.
 */
@Injectable()
export class OverrideService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: PlanRepository,
    private readonly trail: AuditTrail,
  ) {}

  /** Those that have ended too, by name. */
  async list(who: Principal, tenantId: string): Promise<Override[]> {
    return this.write(who, tenantId, (manager) => this.plans.overrides(manager, tenantId));
  }

  /** Agrees on it, in the place of what was agreed of the same name before. */
  async put(who: Principal, tenantId: string, name: string, wanted: PutOverrideDto): Promise<Override> {
    const override = overrideFrom(name, wanted);
    await this.write(who, tenantId, async (manager) => {
      await this.plans.putOverride(manager, tenantId, override);
      await this.record(manager, who, tenantId, acts.did('put', name, { after: override }));
    });
    return override;
  }

  async delete(who: Principal, tenantId: string, name: string): Promise<void> {
    await this.write(who, tenantId, async (manager) => {
      const deleted = await this.plans.deleteOverride(manager, tenantId, name);
      if (!deleted) throw problems.notFound('Nothing of this name was agreed with the tenant.');
      await this.record(manager, who, tenantId, acts.did('deleted', name));
    });
  }

  /** It concerns the tenant's plan, so it is in its trail; and in the admin's own where that is another. */
  private record(manager: EntityManager, who: Principal, tenantId: string, act: AuditAct): Promise<void> {
    const { tenantId: ownId, homeTenantId = ownId } = who;
    if (homeTenantId === tenantId) return this.trail.record(manager, who, act);
    return this.trail.recordCrossing(manager, who, tenantId, act);
  }

  private async write<T>(who: Principal, tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (!tenantSeenBy(who, tenantId)) throw noSuchTenant();
    return this.dataSource.transaction(async (manager) => {
      const found: unknown[] = await manager.query('SELECT FROM tenants WHERE id = $1 FOR KEY SHARE', [tenantId]);
      if (found.length === 0) throw noSuchTenant();
      return work(manager);
    });
  }
}

function overrideFrom(name: string, { max, granted, ends_at: endsAt = null }: PutOverrideDto): Override {
  if (isLimit(name)) {
    if (max === undefined) throw missing('max', 'must be given for a limit');
    if (granted !== undefined) throw missing('granted', 'is for features, and this is a limit');
    return { kind: 'limit', name, max, endsAt };
  }
  if (isFeature(name)) {
    if (granted === undefined) throw missing('granted', 'must be given for a feature');
    if (max !== undefined) throw missing('max', 'is for limits, and this is a feature');
    return { kind: 'feature', name, granted, endsAt };
  }
  throw problems.notFound('There is no limit and no feature of this name.');
}

function missing(field: string, message: string) {
  return problems.validationFailed([{ field, message }]);
}
