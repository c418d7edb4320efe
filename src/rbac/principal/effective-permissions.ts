import { isPermission, type Permission, permissionsOfRole, type Role } from '@mira/access';

/** What a key was given and its owner still has. */
export function effectivePermissions(role: Role, given: readonly string[] | null): ReadonlySet<Permission> {
  const ofRole = permissionsOfRole(role);
  if (given === null) return ofRole;
  return new Set(given.filter(isPermission).filter((permission) => ofRole.has(permission)));
}
