import { missingPermissions, permissionsOfRole, type Principal } from '@mira/access';
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

  /** Not by a key that was given away with less than its owner may do: it would put them out. */
  async everywhere(who: Principal): Promise<void> {
    const { tenantId, homeTenantId = tenantId, userId } = who;
    if (userId === null) throw problems.badRequest('Nobody stands behind this credential.');
    if (missingPermissions(who, [...permissionsOfRole(who.role)]).length > 0) {
      throw problems.forbidden('This API key may do less than its owner, and so it cannot sign them out.');
    }
    await this.sessions.endAll(homeTenantId, userId);
  }
}
