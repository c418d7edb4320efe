import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Upkeep } from '../../database/upkeep';
import { EventRetention } from './event.retention';

/** Takes away what was kept long enough, one process at a time. */
@Injectable()
export class RetentionUpkeep extends Upkeep implements BeforeApplicationShutdown {
  protected readonly everyMs = 60_000;
  private readonly ending = new AbortController();
  private running: Promise<number> | null = null;

  constructor(private readonly retention: EventRetention) {
    super();
  }

  /** Where there is much it may take longer than it is until the next time. */
  protected async run(): Promise<void> {
    if (this.running) return;
    this.running = this.retention.removeExpired(this.ending.signal);
    const removed = await this.running.finally(() => (this.running = null));
    if (removed > 0) this.logger.log({ msg: 'events kept long enough went', events: removed });
  }

  override onModuleDestroy(): void {
    super.onModuleDestroy();
    this.ending.abort();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.running?.catch(() => undefined);
  }
}
