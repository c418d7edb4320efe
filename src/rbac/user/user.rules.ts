import { missingPermissions, permissionsOfRole, type Principal, type Role } from '@mira/access';
import { type Problem, problems } from '@mira/problem';
import { isNativeError } from 'node:util/types';
import type { User } from '../user.entity';

/**
 * Nobody gives a role more than they have themselves, nor lays hands on somebody who has more. What counts is what the
 * credential holds: a narrowed API key of an admin makes no admins.
 */
export function refuseAbove(who: Principal, role: Role): void {
  const missing = missingPermissions(who, [...permissionsOfRole(role)]);
  if (missing.length === 0) return;
  throw problems.forbidden(`This concerns somebody of the role ${role}, which may do more than you.`, {
    missing_permissions: missing,
  });
}

export function isActiveAdmin({ role, active }: Pick<User, 'role' | 'active'>): boolean {
  return role === 'admin' && active;
}

export function foundUser(user: User | null): User {
  if (!user) throw noSuchUser();
  return user;
}

export function noSuchUser(): Problem {
  return problems.notFound('There is no such user.');
}

export function lastAdmin(): Problem {
  return problems.conflict('This is the last active admin of the tenant; make another one first.');
}

export function oneUserOnly(): Problem {
  return problems.conflict('There is one user only, the admin, because the setting rbac.enabled is false.');
}

const FIELD_OF_INDEX = new Map([
  ['users_username_key', 'username'],
  ['users_email_key', 'email'],
]);

/** What a refusal by the database means to the one who asked; null where it means nothing to them. */
export function clashIn(error: unknown): Problem | null {
  if (!isNativeError(error) || !('driverError' in error) || !isNativeError(error.driverError)) return null;
  const { driverError } = error;
  const constraint = constraintIn(driverError);
  const field = FIELD_OF_INDEX.get(constraint);
  if (field) {
    const detail = `This ${field === 'email' ? 'e-mail address' : 'username'} is taken.`;
    return problems.conflict(detail, { errors: [{ field, message: 'is taken' }] });
  }
  // The tenant was deleted while the request was under way.
  return constraint === 'users_tenant_id_fkey' ? problems.notFound('There is no such tenant.') : null;
}

/** Told beside the message; of another server of a Citus in the message alone, with the number of the part it is about. */
function constraintIn(error: Error): string {
  if ('constraint' in error && typeof error.constraint === 'string') return error.constraint;
  return /"(\w+?)(?:_\d+)?"$/.exec(error.message)?.[1] ?? '';
}
