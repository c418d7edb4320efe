import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MiraConfig } from '../../config/mira.config';
import { TenantDatabase } from '../../database/tenant.database';
import { type Metric, METRICS } from './metrics';
import { UsageCounters } from './usage.counters';

/** Keeps how much of what a tenant used. Features count here; what is counted is declared in the registry of metrics. */
@Injectable()
export class UsageService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly counters: UsageCounters,
    private readonly config: MiraConfig,
  ) {}

  /** Counts in the caller's transaction: it is counted if and only if it was done. Call it late, it locks the counter. */
  async count(manager: EntityManager, tenantId: string, metric: Metric, count = 1): Promise<void> {
    if (!this.config.enterprise.usage_tracking) return;
    if (METRICS[metric].kind === 'level') throw new Error(`${metric} is a level, which is set and not added to`);
    await this.counters.add(manager, tenantId, metric, count);
  }

  /** Says how many there are now. */
  async level(manager: EntityManager, tenantId: string, metric: Metric, count: number): Promise<void> {
    if (this.config.enterprise.usage_tracking) await this.counters.set(manager, tenantId, metric, count);
  }

  /** Counts what has no transaction of its own. */
  async recordUsage(tenantId: string, metric: Metric, count = 1): Promise<void> {
    if (!this.config.enterprise.usage_tracking) return;
    await this.database.transaction(tenantId, (manager) => this.count(manager, tenantId, metric, count));
  }
}
