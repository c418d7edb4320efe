import { AccessLease } from '@mira/access';
import { Injectable } from '@nestjs/common';

/** Nothing is remembered: every request asks the database who calls, so that a change holds at once. */
@Injectable()
export class PrincipalLease extends AccessLease {
  async passed(): Promise<void> {
    return Promise.resolve();
  }
}
