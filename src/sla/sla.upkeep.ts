import { Injectable } from '@nestjs/common';
import { Upkeep } from '../database/upkeep';
import { ServiceTally } from '../metrics/service.tally';
import { ServiceMinutes } from './service-minutes';

/** Longer than the longest window. */
const KEPT_DAYS = 92;
const FORGET_EVERY_MS = 3_600_000;

/** Adds what this process counted to the minutes that are kept, a few times a minute and once more at the end. */
@Injectable()
export class SlaUpkeep extends Upkeep {
  protected readonly everyMs = 20_000;
  private forgotAt = performance.now();

  constructor(
    private readonly tally: ServiceTally,
    private readonly minutes: ServiceMinutes,
  ) {
    super();
  }

  override onApplicationBootstrap(): void {
    super.onApplicationBootstrap();
    void this.tryToRun();
  }

  /** After the last answer, and while the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.tryToRun();
  }

  protected async run(): Promise<void> {
    const counted = this.tally.take();
    try {
      await this.minutes.add(counted);
    } catch (error) {
      this.tally.giveBack(counted);
      throw error;
    }
    if (performance.now() - this.forgotAt < FORGET_EVERY_MS) return;
    this.forgotAt = performance.now();
    await this.minutes.forgetBefore(KEPT_DAYS);
  }
}
