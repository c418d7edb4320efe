import { describeError } from '@mira/problem';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SessionRepository } from './session.repository';
import { SignInBrake } from './sign-in.brake';

const EVERY_MS = 600_000;

/** Takes away what signing in leaves behind: sessions and tokens past their time, failures that count no more. */
@Injectable()
export class SessionUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SessionUpkeep.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: SessionRepository,
    private readonly brake: SignInBrake,
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
      await this.sessions.forgetExpired();
      await this.brake.forgetOld();
    } catch (error) {
      this.logger.warn({ msg: 'could not tidy up; trying again later', err: describeError(error) });
    }
  }
}
