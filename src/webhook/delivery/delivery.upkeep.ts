import { describeError } from '@mira/problem';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { DeliveryQueue } from './delivery.queue';

const EVERY_MS = 300_000;

/** Looks now and then for deliveries that nobody would ever make, so that "queued" never means "forgotten". */
@Injectable()
export class DeliveryUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DeliveryUpkeep.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: MiraConfig,
    private readonly queue: DeliveryQueue,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.timer = setInterval(() => void this.run(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async run(): Promise<void> {
    try {
      const adopted = await this.queue.adoptOrphans();
      if (adopted > 0) this.logger.warn(`${adopted} deliveries had lost their job; they are tried again`);
    } catch (error) {
      this.logger.warn({ msg: 'could not look for lost deliveries; trying again later', err: describeError(error) });
    }
  }
}
