import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import type { Tier } from '../../tenant/tenant.entity';

const DAY_MS = 86_400_000;

/** Which tenants have an audit trail, and for how long: the one place that knows of plans here. */
@Injectable()
export class AuditScope {
  constructor(private readonly config: MiraConfig) {}

  /** Whether ordinary acts of the tenant are recorded. */
  async isRecorded(manager: EntityManager, tenantId: string): Promise<boolean> {
    return this.config.enterprise.audit_logging && hasAuditLogging(await this.tierOf(manager, tenantId));
  }

  /** Null where there is no such tenant. */
  async tierOf(manager: EntityManager, tenantId: string): Promise<Tier | null> {
    const [row]: { tier: Tier }[] = await manager.query('SELECT tier FROM tenants WHERE id = $1', [tenantId]);
    return row?.tier ?? null;
  }

  /** Entries from before then have been kept long enough. */
  keptSince(now: Date): Date {
    return new Date(now.getTime() - this.config.enterprise.audit_retention_days * DAY_MS);
  }
}

/** The feature `audit_logging` of a plan. */
export function hasAuditLogging(tier: Tier | null): boolean {
  return tier === 'enterprise';
}
