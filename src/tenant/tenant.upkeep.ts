import { describeError } from '@mira/problem';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TenantDeletion } from './tenant.deletion';

const EVERY_MS = 60_000;

/** Sweeps after tenants that were deleted: what was on its way to them when they went. */
@Injectable()
export class TenantUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TenantUpkeep.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly deletion: TenantDeletion) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async run(): Promise<void> {
    try {
      const swept = await this.deletion.sweep();
      if (swept > 0) this.logger.log(`took away ${swept} rows that came for tenants after their deletion`);
    } catch (error) {
      this.logger.warn({ err: describeError(error) }, 'could not sweep after deleted tenants; trying again later');
    }
  }
}
