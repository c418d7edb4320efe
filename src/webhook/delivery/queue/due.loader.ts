import { Injectable } from '@nestjs/common';
import { isCollision } from '../../../database/database-away';
import { TenantDatabase } from '../../../database/tenant.database';
import { HeldQuotas, MONTHLY_WORKFLOWS } from '../../../enterprise/plan/held-quotas';
import { loadDue, loadDueUnless, type LoadedJobs } from '../attempt/due-delivery';
import { WorkflowQuota } from '../hold/workflow.quota';
import type { ClaimedJob } from './claimed-job';
import { DeliveryQueue } from './delivery.queue';

const TIMEOUT_MS = 10_000;
/** As often it is tried where another transaction stood in the way. */
const TRIES = 3;

/** So many tenants with a limit are remembered, and all of them forgotten with the next. */
const MAX_LIMITED = 10_000;

/**
 * Finds out what claimed jobs ask for, and takes the places that it needs in the plan, in one transaction. That is a
 * single round trip for tenants without a limit, which the statement itself makes sure of.
 */
@Injectable()
export class DueLoader {
  /** Tenants that had the limit when they were last looked at: for them nothing else is tried first. */
  private readonly limited = new Set<string>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly queue: DeliveryQueue,
    private readonly quota: WorkflowQuota,
  ) {}

  /** Where it fails the jobs go back at once: nobody would be at them until their time is over. */
  async load(jobs: readonly ClaimedJob[]): Promise<LoadedJobs> {
    try {
      if (!this.database.isDistributed) return await this.tryToLoad(jobs, TRIES);
      const ofTenants = [...Map.groupBy(jobs, ({ tenantId }) => tenantId).values()];
      return together(await Promise.all(ofTenants.map((ofTenant) => this.tryToLoad(ofTenant, TRIES))));
    } catch (error) {
      await this.queue.giveBack(jobs).catch(() => undefined);
      throw error;
    }
  }

  private async tryToLoad(jobs: readonly ClaimedJob[], tries: number): Promise<LoadedJobs> {
    const tenants = [...new Set(jobs.map(({ tenantId }) => tenantId))];
    try {
      return (await this.loadUnlimited(jobs, tenants)) ?? (await this.loadWithinQuota(jobs, tenants));
    } catch (error) {
      if (tries <= 1 || !isCollision(error)) throw error;
      return this.tryToLoad(jobs, tries - 1);
    }
  }

  /** Null where one of the tenants has the limit. */
  private async loadUnlimited(jobs: readonly ClaimedJob[], tenants: readonly string[]): Promise<LoadedJobs | null> {
    if (tenants.some((tenantId) => this.limited.has(tenantId))) return null;
    return this.database.pipeline(tenants, { timeoutMs: TIMEOUT_MS }, (client) =>
      loadDueUnless(this.quota.isLimited, client, jobs, this.queue.jobSeconds),
    );
  }

  private async loadWithinQuota(jobs: readonly ClaimedJob[], tenants: readonly string[]): Promise<LoadedJobs> {
    const options = { preamble: this.quota.holding(tenants), timeoutMs: TIMEOUT_MS };
    return this.database.groupTransaction(tenants, options, async (client, held) => {
      const quotas = new HeldQuotas(MONTHLY_WORKFLOWS, held);
      this.remember(tenants, quotas);
      await this.quota.reserve(client, quotas, jobs);
      return loadDue(client, jobs, this.queue.jobSeconds);
    });
  }

  private remember(tenants: readonly string[], quotas: HeldQuotas): void {
    if (this.limited.size + tenants.length > MAX_LIMITED) this.limited.clear();
    for (const tenantId of tenants) {
      if (quotas.remaining(tenantId) === null) this.limited.delete(tenantId);
      else this.limited.add(tenantId);
    }
  }
}

function together(loaded: readonly LoadedJobs[]): LoadedJobs {
  return {
    due: new Map(loaded.flatMap(({ due }) => [...due])),
    taken: new Set(loaded.flatMap(({ taken }) => [...taken])),
    tiers: new Map(loaded.flatMap(({ tiers }) => [...tiers])),
  };
}
