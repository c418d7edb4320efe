import { Injectable } from '@nestjs/common';
import { Upkeep } from '../../database/upkeep';
import { SessionRepository } from './session.repository';
import { SignInBrake } from './sign-in.brake';

/** Takes away what signing in leaves behind: sessions and tokens past their time, failures that count no more. */
@Injectable()
export class SessionUpkeep extends Upkeep {
  protected readonly everyMs = 600_000;

  constructor(
    private readonly sessions: SessionRepository,
    private readonly brake: SignInBrake,
  ) {
    super();
  }

  protected async run(): Promise<void> {
    await this.sessions.forgetExpired();
    await this.brake.forgetOld();
  }
}
