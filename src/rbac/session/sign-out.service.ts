import { missingPermissions, permissionsOfRole, type Principal } from '@mira/access';
import { problems } from '@mira/problem';
import { Injectable } from '@nestjs/common';
import { SessionService } from './session.service';

/** Ends the sessions of whoever asks for it. */
@Injectable()
export class SignOutService {
  constructor(private readonly sessions: SessionService) {}

  async here(who: Principal): Promise<void> {
    const { sessionId } = who;
    if (sessionId === undefined) {
      throw problems.badRequest('An API key has no session to sign out of; delete the key instead.');
    }
    await this.sessions.end(atHome(who), sessionId);
  }

  /** Not by a key that was given away with less than its owner may do: it would put them out. */
  async everywhere(who: Principal): Promise<void> {
    const { userId } = who;
    if (userId === null) throw problems.badRequest('Nobody stands behind this credential.');
    if (missingPermissions(who, [...permissionsOfRole(who.role)]).length > 0) {
      throw problems.forbidden('This API key may do less than its owner, and so it cannot sign them out.');
    }
    await this.sessions.endAll(atHome(who), userId);
  }
}

/** Sessions are where their people are, also while these act elsewhere. */
function atHome(who: Principal): Principal {
  return { ...who, tenantId: who.homeTenantId ?? who.tenantId };
}
