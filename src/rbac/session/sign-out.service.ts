import type { Principal } from '@mira/access';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { SessionService } from './session.service';

/** Ends the sessions of whoever asks for it. */
@Injectable()
export class SignOutService {
  constructor(private readonly sessions: SessionService) {}

  async here({ tenantId, homeTenantId = tenantId, sessionId }: Principal): Promise<void> {
    if (sessionId === undefined) {
      throw problems.badRequest('An API key has no session to sign out of; delete the key instead.');
    }
    await this.sessions.end({ tenantId: homeTenantId, sessionId });
  }

  async everywhere({ tenantId, homeTenantId = tenantId, userId }: Principal): Promise<void> {
    if (userId === null) throw problems.badRequest('Nobody stands behind this credential.');
    await this.sessions.endAll(homeTenantId, userId);
  }
}
