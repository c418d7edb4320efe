import { describeError } from '@mira/problem';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { DedupKeys } from './dedup.keys';
import { SqlLeaseStore } from './sql.lease-store';

const EVERY_MS = 600_000;

/** Takes away what receiving leaves behind: dedup keys past their days, buckets of clients that went away. */
@Injectable()
export class IngestUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(IngestUpkeep.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: MiraConfig,
    private readonly dedupKeys: DedupKeys,
    private readonly buckets: SqlLeaseStore,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async run(): Promise<void> {
    try {
      await this.dedupKeys.forgetExpired(new Date());
      await this.buckets.forgetIdle(this.config.webhook.rate_limit.window_seconds * 1_000);
    } catch (error) {
      this.logger.warn({ err: describeError(error) }, 'could not tidy up; trying again later');
    }
  }
}
