import { describeError } from '@mira/problem';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

/**
 * Work on the database that is done now and then while the program runs, such as tidying up. What fails is told and
 * tried again the next time; it never holds up the end of the process.
 */
export abstract class Upkeep implements OnApplicationBootstrap, OnModuleDestroy {
  protected readonly logger = new Logger(this.constructor.name);
  protected abstract readonly everyMs: number;
  private timer: NodeJS.Timeout | undefined;

  protected abstract run(): Promise<void>;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tryToRun(), this.everyMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  protected async tryToRun(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      this.logger.warn({ msg: 'could not be done; trying again later', err: describeError(error) });
    }
  }
}
