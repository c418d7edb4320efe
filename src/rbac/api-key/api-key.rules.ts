import { ALL_PERMISSIONS, type Permission, type Principal, ROLES, type Role } from '@mira/access';
import { problems } from '@mira/problem';
import { effectivePermissions } from '../principal/effective-permissions';
import type { User } from '../user.entity';
import type { ApiKey } from './api-key.entity';
import { beyond, type Reach } from './api-key.reach';

/** What others' keys need. */
const OTHERS: Permission = 'user:update';

/** A user is somebody in one tenant only: an admin who acts in another has no keys there. */
export function isOwn(who: Principal, userId: string): boolean {
  return who.userId === userId && who.homeTenantId === undefined;
}

export function mayManageOthers(who: Principal): boolean {
  return who.permissions.has(OTHERS);
}

/** Those that are not above the caller's own. */
export function rolesUpTo(role: Role): readonly Role[] {
  return ROLES.slice(ROLES.indexOf(role));
}

/** @throws Problem `forbidden` where the owner is somebody else and the caller may not manage their keys */
export function holdToOwner(who: Principal, owner: User): void {
  if (isOwn(who, owner.id)) return;
  if (!mayManageOthers(who)) {
    throw problems.forbidden(`Other people's keys need the permission ${OTHERS}.`, { missing_permissions: [OTHERS] });
  }
  if (!rolesUpTo(who.role).includes(owner.role)) {
    throw problems.forbidden('The owner of the key has a higher role than you.');
  }
}

/** @throws Problem `forbidden` where a key would let its holder do what the caller may not */
export function holdToReach(wanted: Reach, callers: Reach): void {
  const excess = beyond(wanted, callers);
  if (excess.length > 0) throw problems.forbidden(`The key would have ${excess.join(', ')} than your own credential.`);
}

/**
 * A key that was given away with less is not the one to take away another that may do more; itself it always may.
 *
 * @throws Problem `forbidden`
 */
export function holdToNoMore(who: Principal, key: ApiKey, owner: User): void {
  if (who.apiKeyId === key.id) return;
  const { permissions } = reachOf(key, owner.role);
  if (ALL_PERMISSIONS.some((each) => permissions.has(each) && !who.permissions.has(each))) {
    throw problems.forbidden('The key may do more than your own credential.');
  }
}

/** What a key allows at this moment, its owner's role considered. */
export function reachOf(key: ApiKey, role: Role): Reach {
  return {
    permissions: effectivePermissions(role, key.permissions),
    networks: key.allowedNetworks,
    expiresAt: key.expiresAt,
  };
}

/**
 * What to write down for a key that is to do all that its owner may. Nothing, so that it grows with the owner's role;
 * but whoever else sees the key must not come to more by that, so there it is what both may do today.
 */
export function unnarrowed(own: boolean, role: Role, callers: Reach): Permission[] | null {
  const ofOwner = effectivePermissions(role, null);
  const isAll = ALL_PERMISSIONS.every((each) => !ofOwner.has(each) || callers.permissions.has(each));
  if (own && isAll) return null;
  return ALL_PERMISSIONS.filter((each) => ofOwner.has(each) && callers.permissions.has(each));
}

/** What to write down for a key that is shown anew: what it had, as far as whoever sees it may do that today. */
export function renewed(key: ApiKey, own: boolean, role: Role, callers: Reach): Permission[] | null {
  const bound = unnarrowed(own, role, callers);
  if (key.permissions === null || bound === null) return key.permissions ?? bound;
  return key.permissions.filter((each) => callers.permissions.has(each));
}
