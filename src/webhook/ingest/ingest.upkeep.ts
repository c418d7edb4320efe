import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { Upkeep } from '../../database/upkeep';
import { DedupKeys } from './dedup.keys';
import { SqlLeaseStore } from './sql.lease-store';

/** Takes away what receiving leaves behind: dedup keys past their days, buckets of clients that went away. */
@Injectable()
export class IngestUpkeep extends Upkeep {
  protected readonly everyMs = 600_000;

  constructor(
    private readonly config: MiraConfig,
    private readonly dedupKeys: DedupKeys,
    private readonly buckets: SqlLeaseStore,
  ) {
    super();
  }

  protected async run(): Promise<void> {
    await this.dedupKeys.forgetExpired(new Date());
    await this.buckets.forgetIdle(this.config.webhook.rate_limit.window_seconds * 1_000);
  }
}
