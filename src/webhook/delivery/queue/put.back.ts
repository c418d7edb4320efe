import { Injectable } from '@nestjs/common';
import { isCollision, isDataFault } from '../../../database/database-away';
import type { Narrowing } from '../../../database/distribution';
import type { Statement } from '../../../database/group.client';
import { GroupCommit } from '../../../database/group-commit';
import { TenantDatabase } from '../../../database/tenant.database';
import { AttemptRecorder } from '../attempt/attempt.recorder';
import type { ClaimedJob } from './claimed-job';
import { DeliveryQueue } from './delivery.queue';

const TIMEOUT_MS = 10_000;
/** A moment later, by when a slot may be free; more or less, so that they do not all come at once. */
const LATER_MS = 500;
const SPREAD_MS = 1_000;
const RESET_ROLE: Statement = { text: 'RESET ROLE', values: [] };

interface Returned {
  readonly job: ClaimedJob;
  readonly deliveryId: string;
}

/** Puts deliveries back that were claimed and not attempted: the same attempt is asked for again, a moment later. */
@Injectable()
export class PutBack {
  private readonly group: GroupCommit<Returned, true>;

  constructor(
    private readonly database: TenantDatabase,
    private readonly queue: DeliveryQueue,
    private readonly recorder: AttemptRecorder,
  ) {
    this.group = new GroupCommit<Returned, true>({
      commit: (returned) => this.commit(returned),
      sharedBy: database.isDistributed ? ({ job }) => job.tenantId : undefined,
      maxGroup: 200,
      weightOf: () => 1,
      maxGroupBytes: 1_000,
      maxConcurrent: 1,
      maxWaitMs: 60_000,
      maxWaiting: 10_000,
      maxWaitingBytes: 10_000,
      isRowFault: (error) => isDataFault(error) || isCollision(error),
    });
  }

  async return(job: ClaimedJob, deliveryId: string): Promise<void> {
    await this.group.submit({ job, deliveryId });
  }

  private async commit(returned: readonly Returned[]): Promise<true[]> {
    const byJob = Map.groupBy(returned, ({ job }) => job);
    const finished = [...byJob].filter(([job, ofJob]) => job.open === ofJob.length).map(([job]) => job);
    const attempts = [...byJob].flatMap(([{ tenantId, attempt }, ofJob]) => {
      const startAfter = new Date(Date.now() + LATER_MS + Math.random() * SPREAD_MS);
      return ofJob.map(({ deliveryId }) => ({ tenantId, deliveryId, attempt, startAfter }));
    });
    const values = [
      returned.map(({ job }) => job.tenantId),
      returned.map(({ deliveryId }) => deliveryId),
      returned.map(({ job }) => job.claim.id),
    ];
    const finishing = finished.length > 0 ? [RESET_ROLE, await this.queue.completion(finished)] : [];
    const adding = await this.queue.insertion(attempts);
    const tenants = [...new Set(returned.map(({ job }) => job.tenantId))];
    const options = { preamble: 'SELECT 1', timeoutMs: TIMEOUT_MS };
    await this.database.groupTransaction(tenants, options, (client) =>
      client.commit([{ name: 'put-back', text: putBackSql(client.only), values }, adding, ...finishing]),
    );
    for (const { job } of returned) job.ended();
    // Jobs whose other deliveries were recorded at the same moment, so that neither saw the end of them.
    const leftOver = [...byJob.keys()].filter((job) => job.open === 0 && !finished.includes(job));
    await this.recorder.discard(leftOver).catch(() => undefined);
    return returned.map(() => true);
  }
}

const putBackSql = (only: Narrowing) => `
  UPDATE deliveries d SET attempting_since = NULL, attempting_job = NULL
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t (tenant_id, id, job_id)
  WHERE d.tenant_id = t.tenant_id AND d.id = t.id AND d.attempting_job = t.job_id${only('d')}`;
