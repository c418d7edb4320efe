import { Injectable } from '@nestjs/common';
import { MiraConfig } from '../../config/mira.config';
import { Upkeep } from '../../database/upkeep';
import { LimitAlerts } from './limit.alerts';

/** Looks for limits that are nearly used up. */
@Injectable()
export class AlertUpkeep extends Upkeep {
  protected readonly everyMs = 10_000;

  constructor(
    private readonly config: MiraConfig,
    private readonly alerts: LimitAlerts,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    if (this.config.role !== 'api') super.onApplicationBootstrap();
  }

  protected async run(): Promise<void> {
    const given = await this.alerts.give();
    if (given > 0) this.logger.log(`${given} alerts of limits were given`);
  }
}
