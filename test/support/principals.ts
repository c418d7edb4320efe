import { AccessLease, permissionsOfRole, type Principal, type Role } from '@mira/access';
import { newId } from '../../src/database/new-id';

/** Somebody who signed in by password. */
export function aPrincipal(role: Role, more: Partial<Principal> = {}): Principal {
  return {
    tenantId: newId(),
    userId: newId(),
    apiKeyId: null,
    role,
    permissions: permissionsOfRole(role),
    ...more,
  };
}

/** A lease that counts who waited for it. */
export class CountingLease extends AccessLease {
  waits = 0;

  async passed(): Promise<void> {
    this.waits++;
    return Promise.resolve();
  }
}
