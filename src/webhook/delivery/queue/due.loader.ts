import { Injectable } from '@nestjs/common';
import { isCollision } from '../../../database/database-away';
import { TenantDatabase } from '../../../database/tenant.database';
import { HeldQuotas, MONTHLY_WORKFLOWS } from '../../../enterprise/plan/held-quotas';
import { type LoadedJobs, loadDue } from '../attempt/due-delivery';
import { WorkflowQuota } from '../hold/workflow.quota';
import type { ClaimedJob } from './claimed-job';
import { DeliveryQueue } from './delivery.queue';

const TIMEOUT_MS = 10_000;
/** As often it is tried where another transaction stood in the way. */
const TRIES = 3;

/** What is known of claimed jobs once they are loaded. */
export type Loaded = LoadedJobs & { readonly quotas: HeldQuotas };

/** Finds out what claimed jobs ask for, and takes the places that it needs in the plan, in one transaction. */
@Injectable()
export class DueLoader {
  constructor(
    private readonly database: TenantDatabase,
    private readonly queue: DeliveryQueue,
    private readonly quota: WorkflowQuota,
  ) {}

  /** Where it fails the jobs go back at once: nobody would be at them until their time is over. */
  async load(jobs: readonly ClaimedJob[]): Promise<Loaded> {
    try {
      return await this.tryToLoad(jobs, TRIES);
    } catch (error) {
      await this.queue.giveBack(jobs).catch(() => undefined);
      throw error;
    }
  }

  private async tryToLoad(jobs: readonly ClaimedJob[], tries: number): Promise<Loaded> {
    const tenants = [...new Set(jobs.map(({ tenantId }) => tenantId))];
    const options = { preamble: this.quota.holding(tenants), timeoutMs: TIMEOUT_MS };
    try {
      return await this.database.groupTransaction(tenants, options, async (client, held) => {
        const quotas = new HeldQuotas(MONTHLY_WORKFLOWS, held);
        await this.quota.reserve(client, quotas, jobs);
        return { ...(await loadDue(client, jobs, this.queue.jobSeconds)), quotas };
      });
    } catch (error) {
      if (tries <= 1 || !isCollision(error)) throw error;
      return this.tryToLoad(jobs, tries - 1);
    }
  }
}
