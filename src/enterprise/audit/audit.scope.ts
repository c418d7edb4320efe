import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { PlanService } from '../plan/plan.service';

const DAY_MS = 86_400_000;

/** Which tenants have an audit trail, and for how long: the one place that knows of plans here. */
@Injectable()
export class AuditScope {
  constructor(
    private readonly config: MiraConfig,
    private readonly plans: PlanService,
  ) {}

  /** Whether ordinary acts of the tenant are recorded. */
  async isRecorded(manager: EntityManager, tenantId: string): Promise<boolean> {
    if (!this.config.enterprise.audit_logging) return false;
    const plan = await this.plans.findWithin(manager, tenantId);
    return plan?.has('audit_logging') ?? false;
  }

  /** Entries from before then have been kept long enough. */
  keptSince(now: Date): Date {
    return new Date(now.getTime() - this.config.enterprise.audit_retention_days * DAY_MS);
  }
}
