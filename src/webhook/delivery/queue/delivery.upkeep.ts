import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../../config/mira.config';
import { Upkeep } from '../../../database/upkeep';
import { Orphans } from './orphans';

/** Looks now and then for deliveries that nobody would ever make, so that "queued" never means "forgotten". */
@Injectable()
export class DeliveryUpkeep extends Upkeep {
  protected readonly everyMs = 300_000;

  constructor(
    private readonly config: MiraConfig,
    private readonly orphans: Orphans,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  protected async run(): Promise<void> {
    const adopted = await this.orphans.adopt();
    if (adopted > 0) this.logger.warn(`${adopted} deliveries had lost their job; they are tried again`);
  }
}
