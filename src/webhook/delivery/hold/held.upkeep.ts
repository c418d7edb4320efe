import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../../config/mira.config';
import { Upkeep } from '../../../database/upkeep';
import { WorkflowQuota } from './workflow.quota';

/** Lets go on what the plan held back, soon after the month turned or the plan grew. */
@Injectable()
export class HeldUpkeep extends Upkeep {
  protected readonly everyMs = 15_000;

  constructor(
    private readonly config: MiraConfig,
    private readonly quota: WorkflowQuota,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  protected async run(): Promise<void> {
    const released = await this.quota.release();
    if (released > 0) this.logger.log(`${released} deliveries that the plan held back go on`);
  }
}
